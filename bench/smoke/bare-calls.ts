import { randomBytes, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { Agent, createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';

/** One call as it was made, and its answer. */
export interface Exchange {
  path: string;
  headers: Record<string, string>;
  body: string;
  status: number;
  answer: string;
}

/** Ids that are given after this moment can be told from every other number: they are larger than this. */
const FIRST_NEW = 1_000_000;

/** SQL that lets the ids of every table begin high, and of each table at another million. */
export const APART = `SELECT setval(format('%I.%I', schemaname, sequencename), ${FIRST_NEW} * row_number() OVER ())
  FROM pg_sequences WHERE sequencename NOT LIKE 'ir_sequence_%'`;

/** A proxy before a server that writes down every exchange. */
export async function recorder(target: string): Promise<{ url: string; exchanges: Exchange[]; stop(): void }> {
  const exchanges: Exchange[] = [];
  const server = createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request.setEncoding('utf8')) body += chunk;
    const headers = Object.fromEntries(
      ['authorization', 'content-type', 'x-odoo-database'].flatMap((name) => {
        const value = request.headers[name];
        return typeof value === 'string' ? [[name, value]] : [];
      }),
    );
    const path = request.url ?? '/';
    const got = await fetch(`${target}${path}`, { method: 'POST', headers, body });
    const answer = await got.text();
    exchanges.push({ path, headers, body, status: got.status, answer });
    response.writeHead(got.status, { 'content-type': got.headers.get('content-type') ?? '' }).end(answer);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    exchanges,
    stop: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}

/** The least that Node does for a call: faster than `fetch`, and what the client of the flows is made of too. */
function post(
  url: string,
  headers: Record<string, string>,
  body: string,
  agent: Agent,
): Promise<{ status: number; text: string }> {
  return new Promise((resolve, reject) => {
    const length = { 'content-length': Buffer.byteLength(body) };
    const sent = request(url, { method: 'POST', agent, headers: { ...headers, ...length } }, (answer) => {
      let text = '';
      answer.setEncoding('utf8').on('error', reject);
      answer.on('data', (part: string) => {
        text += part;
      });
      answer.on('end', () => resolve({ status: answer.statusCode ?? 0, text }));
    });
    sent.on('error', reject).end(body);
  });
}

/**
 * Makes the recorded calls again, with nothing around them: the same calls in the same order on new records.
 * Ids of records that the recorded run made become those that this one gets; marks and UUIDs become new ones.
 *
 * @returns milliseconds spent in the calls and in reading their answers, and how many answered otherwise
 */
export async function callBare(
  url: string,
  exchanges: readonly Exchange[],
): Promise<{ ms: number; otherwise: number }> {
  const ids = new Map<number, number>();
  const words = new Map<string, string>();
  let [ms, otherwise] = [0, 0];
  const agent = new Agent({ keepAlive: true });
  for (const { path, headers, body, status, answer } of exchanges) {
    const sent = JSON.stringify(renewed(JSON.parse(body), ids, words));
    const started = performance.now();
    const got = await post(`${url}${path}`, headers, sent, agent);
    const value: unknown = JSON.parse(got.text);
    ms += performance.now() - started;
    if (got.status !== status || !learned(JSON.parse(answer), value, ids)) otherwise += 1;
  }
  agent.destroy();
  return { ms, otherwise };
}

const UUID = /[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/g;
const RUN = /(?<=TILLGATE-SMOKE-)[0-9a-f]{8}/g;

function renewed(value: unknown, ids: ReadonlyMap<number, number>, words: Map<string, string>): unknown {
  if (typeof value === 'number') return ids.get(value) ?? value;
  if (typeof value === 'string') {
    const instead = (made: () => string) => (word: string) => {
      words.set(word, words.get(word) ?? made());
      return words.get(word) as string;
    };
    return value
      .replace(UUID, instead(randomUUID))
      .replace(
        RUN,
        instead(() => randomBytes(4).toString('hex')),
      )
      .replace(/\d{7,9}/g, (digits) => String(ids.get(Number(digits)) ?? digits));
  }
  if (Array.isArray(value)) return value.map((each) => renewed(each, ids, words));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, renewed(each, ids, words)]));
}

/** Learns from an answer which id stands for which; false where the answers have not the same shape. */
function learned(was: unknown, is: unknown, ids: Map<number, number>): boolean {
  if (typeof was === 'number' && typeof is === 'number') {
    if (was >= FIRST_NEW) ids.set(was, is);
    return true;
  }
  if (Array.isArray(was) && Array.isArray(is))
    return was.length === is.length && was.every((each, index) => learned(each, is[index], ids));
  if (typeof was === 'object' && was !== null && typeof is === 'object' && is !== null)
    return Object.entries(was).every(([key, each]) => learned(each, (is as Record<string, unknown>)[key], ids));
  return typeof was === typeof is;
}
