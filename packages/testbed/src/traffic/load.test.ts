import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { until } from '../until.ts';
import { type LoadOptions, startLoad } from './load.ts';
import { failed } from './record.ts';
import { visits } from './visits.ts';

let folder: string;
let server: Server;
/** What the server saw by itself: the other side of the truth. */
let asked: { host: string; method: string; url: string; cookie: string; body: string }[];
let answer: (request: IncomingMessage, response: ServerResponse) => void;
let options: LoadOptions;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'load-'));
  asked = [];
  answer = (_, response) => response.end('ok');
  server = createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request) body += chunk;
    const { method = '', url = '', headers } = request;
    asked.push({ host: headers.host ?? '', method, url, cookie: headers.cookie ?? '', body });
    answer(request, response);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  options = {
    target: { host: '127.0.0.1', port: (server.address() as AddressInfo).port },
    file: join(folder, 'load.bin'),
    seed: 7,
    arrivals: { pattern: 'constant', perSecond: 200 },
    durationSeconds: 1,
    tenants: [{ host: 'berlin.test', weight: 2 }, { host: 'paris.test' }],
    requests: [
      { name: 'page', method: 'GET', path: '/shop?page=1', weight: 3 },
      { name: 'order', method: 'POST', path: '/web/dataset/call_kw', body: { method: 'call' } },
    ],
    sessions: { thinkSeconds: 0.1, meanRequests: 4 },
  };
});
afterEach(async () => {
  server.closeAllConnections();
  server.close();
  await rm(folder, { recursive: true });
});

describe('a load', () => {
  it('sends what the seed says, and its record agrees with what the server saw', async () => {
    const record = await (await startLoad(options)).ended;
    const planned = [];
    for (const visit of visits({ ...options, sessions: { thinkSeconds: 0.1, meanRequests: 4 } })) {
      if (visit.at >= 1) break;
      planned.push(`${options.tenants[visit.tenant]?.host} ${options.requests[visit.request]?.name} ${visit.session}`);
    }
    const rows = [...record.rows()];
    expect(rows.map(({ tenant, request, session }) => `${tenant} ${request} ${session}`).sort()).toEqual(
      planned.sort(),
    );
    const wire = { page: 'GET /shop?page=1 ', order: 'POST /web/dataset/call_kw {"method":"call"}' };
    expect(rows.map(({ tenant, request }) => `${tenant} ${wire[request as keyof typeof wire]}`).sort()).toEqual(
      asked.map(({ host, method, url, body }) => `${host} ${method} ${url} ${body}`).sort(),
    );
    expect(record.complete).toBe(true);
    expect(rows.every((row) => row.status === 200 && !failed(row))).toBe(true);
  });

  it('sends the cookies of a session with that session and no other', async () => {
    let count = 0;
    answer = ({ headers }, response) => {
      const known = /sid=(\S+)/.exec(headers.cookie ?? '')?.[1];
      const sid = known ?? `${headers.host}-${count++}`;
      if (known === undefined) response.setHeader('set-cookie', `sid=${sid}; Path=/; HttpOnly`);
      response.setHeader('x-shop-pod', sid).end();
    };
    const record = await (await startLoad(options)).ended;
    const givenBefore = new Set<string>();
    for (const own of Map.groupBy(record.rows(), ({ session }) => session).values()) {
      // Requests that left before the session's first answer had come can carry no cookie yet.
      const answered = Math.min(...own.map(({ at, latency }) => at + latency));
      const given = new Set(own.filter(({ cookies }) => cookies === 0).map(({ pod }) => pod));
      for (const { at, late, cookies, pod } of own) {
        if (at + late > answered + 1) expect(cookies).toBe(1);
        expect(given).toContain(pod);
        expect(givenBefore).not.toContain(pod);
      }
      for (const pod of given) givenBefore.add(pod);
    }
    expect(new Set([...record.rows()].map(({ pod }) => pod)).size).toBe(count);
  });

  it('tells versions, errors in a body and errors of the status apart', async () => {
    answer = (request, response) => {
      response.setHeader('x-shop-version', request.method === 'GET' ? 'v1' : 'v2');
      if (request.method === 'GET') response.writeHead(request.headers.host === 'paris.test' ? 503 : 200).end('page');
      else {
        response.setHeader('content-type', 'application/json');
        response.end('{"jsonrpc":"2.0","id":1,"error":{"code":200,"data":{"name":"odoo.exceptions.AccessError"}}}');
      }
    };
    const record = await (await startLoad(options)).ended;
    const kinds = record.count(({ tenant, version, status, error }) =>
      `${tenant} ${version} ${status} ${error}`.trim(),
    );
    expect([...kinds.keys()].sort()).toEqual([
      'berlin.test v1 200',
      'berlin.test v2 200 jsonrpc: odoo.exceptions.AccessError',
      'paris.test v1 503',
      'paris.test v2 200 jsonrpc: odoo.exceptions.AccessError',
    ]);
  });

  it('records that nobody answers', async () => {
    server.close();
    const record = await (await startLoad(options)).ended;
    expect(record.length).toBeGreaterThan(100);
    expect(record.count(({ status, error }) => `${status} ${error}`)).toEqual(
      new Map([['0 network: ECONNREFUSED', record.length]]),
    );
  });

  it('gives up on an answer that takes too long', async () => {
    answer = () => {};
    const record = await (await startLoad({ ...options, timeoutSeconds: 0.5, durationSeconds: 0.2 })).ended;
    expect(record.count(({ status, error }) => `${status} ${error}`)).toEqual(
      new Map([['0 network: UND_ERR_HEADERS_TIMEOUT', record.length]]),
    );
  });

  it('counts the wait for a stalled server from the moment at which the request was due', async () => {
    // One connection only: all that arrives during the stall waits inside the sender, where a clock that starts at the
    // sending would not see it.
    const stall = { from: 0, to: 0 };
    const held: ServerResponse[] = [];
    answer = (_, response) => {
      if (stall.from === 0 && asked.length >= 60) {
        stall.from = Date.now();
        setTimeout(() => {
          stall.to = Date.now();
          for (const each of held.splice(0)) each.end();
        }, 500);
      }
      if (stall.from > 0 && stall.to === 0) held.push(response);
      else response.end();
    };
    const record = await (await startLoad({ ...options, connections: 1, durationSeconds: 1.5 })).ended;
    const during = [...record.rows(stall.from + 20, stall.to - 20)];
    expect(during.length).toBeGreaterThan(60);
    // 20 ms: the two processes read different clocks.
    for (const { at, latency } of during) expect(at + latency).toBeGreaterThan(stall.to - 20);
    expect(asked.length).toBe(record.length);
  });

  it('refuses to pile up without end, and says that it did', async () => {
    answer = () => {};
    const record = await (await startLoad({ ...options, maxOpen: 10, timeoutSeconds: 1, durationSeconds: 0.5 })).ended;
    const kinds = record.count(({ error }) => error);
    expect(kinds.get('sender: too many requests are open')).toBe(record.length - 10);
  });

  it('goes on until it is stopped, and can be read meanwhile', async () => {
    const { durationSeconds, ...endless } = options;
    const load = await startLoad(endless);
    const part = await until('some rows', async () => {
      const record = await load.record();
      return record.length > 50 && record;
    });
    expect(part.complete).toBe(false);
    const whole = await load.stop();
    expect(whole.complete).toBe(true);
    expect(whole.length).toBe(asked.length);
    expect(Array.from(whole.columns.at.subarray(0, part.length))).toEqual(Array.from(part.columns.at));
  });

  it('ends when whoever started it is killed', async () => {
    const script = join(folder, 'starter.ts');
    const { durationSeconds, ...endless } = options;
    await writeFile(
      script,
      `import { startLoad } from ${JSON.stringify(import.meta.resolve('./load.ts'))};
       console.log((await startLoad(${JSON.stringify(endless)})).pid);`,
    );
    const starter = spawn(process.execPath, [script]);
    const [line] = (await once(starter.stdout, 'data')) as [Buffer];
    const pid = Number(line.toString());
    expect(process.kill(pid, 0)).toBe(true);
    starter.kill('SIGKILL');
    await until('the sender has ended', () => {
      try {
        process.kill(pid, 0);
        return false;
      } catch {
        return true;
      }
    });
  });

  it('says why it cannot start', async () => {
    await writeFile(options.file, 'precious');
    await expect(startLoad(options)).rejects.toThrow(/The load ended with code 1: .*EEXIST/s);
    await expect(startLoad({ ...options, tenants: [] })).rejects.toThrow('needs at least one tenant');
    await expect(startLoad({ ...options, seed: 0.5 })).rejects.toThrow('A seed is an integer');
    await expect(startLoad({ ...options, arrivals: { pattern: 'constant', perSecond: -1 } })).rejects.toThrow(
      'perSecond',
    );
  });
});
