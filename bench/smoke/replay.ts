import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Exchange } from './bare-calls.ts';

/** What differs from run to run in what is asked, and means the same. */
const VARYING: readonly (readonly [RegExp, string])[] = [
  [/TILLGATE-SMOKE-[0-9a-f]{8}-\d+/g, 'mark'],
  [/[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, 'uuid'],
  [/[0-9a-f]{8} \d{13}/g, 'lease'],
  [/\d{4}-\d\d-\d\d( \d\d:\d\d:\d\d)?/g, 'moment'],
  [/"T[0-9A-F]{4}"/g, '"journal"'],
];
const question = (path: string, body: string): string =>
  VARYING.reduce((text, [pattern, word]) => text.replace(pattern, word), `${path} ${body}`);

const RUN = /TILLGATE-SMOKE-([0-9a-f]{8})|"([0-9a-f]{8}) \d{13}"/;
const runIn = (body: string): string | undefined => RUN.exec(body)?.slice(1).find(Boolean);

/** One tenant at the moment: which run is there, and how often it has asked each question. */
interface Visitor {
  run: string;
  asked: Map<string, number>;
}

/**
 * A server that answers as a real one did when it was recorded, to as many tenants as ask and as often as they
 * like: each tenant's n-th question of a kind gets the n-th answer, and after the last one the first again. It
 * knows nothing else, so that whoever asks what was not recorded is told so.
 */
export async function replayer(exchanges: readonly Exchange[]): Promise<{
  url: string;
  requests(): number;
  stop(): void;
}> {
  const recorded = Map.groupBy(exchanges, ({ path, body }) => question(path, body));
  const recordedRun = exchanges.map(({ body }) => runIn(body)).find((run) => run !== undefined) ?? '';
  const visitors = new Map<string, Visitor>();
  let requests = 0;
  const answerTo = (tenant: string, path: string, body: string): Exchange | undefined => {
    const run = runIn(body);
    const known = visitors.get(tenant);
    const visitor = known && (run === undefined || known.run === '' || known.run === run) ? known : fresh();
    if (run !== undefined) visitor.run = run;
    visitors.set(tenant, visitor);
    const asked = question(path, body);
    const answers = recorded.get(asked);
    const times = visitor.asked.get(asked) ?? 0;
    visitor.asked.set(asked, times + 1);
    return answers?.[asked.includes('smoke.lock') ? Math.min(times, answers.length - 1) : times % answers.length];
  };
  const server = createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request.setEncoding('utf8')) body += chunk;
    requests += 1;
    const tenant = String(request.headers['x-odoo-database'] ?? '');
    const told = answerTo(tenant, request.url ?? '/', body);
    const headers = { 'content-type': 'application/json' };
    if (!told) {
      const error = { name: 'replay.NotRecorded', message: `${request.url} ${body}` };
      return response.writeHead(500, headers).end(JSON.stringify(error));
    }
    const run = visitors.get(tenant)?.run ?? '';
    const text = recordedRun !== '' && run !== '' ? told.answer.replaceAll(recordedRun, run) : told.answer;
    return response.writeHead(told.status, headers).end(text);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests: () => requests,
    stop: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}

const fresh = (): Visitor => ({ run: '', asked: new Map() });
