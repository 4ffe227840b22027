import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from '@jest/globals';
import { clockAt } from '@tillgate/host';
import type { Reading } from '../fold/reading.ts';
import { TIMING } from '../fold/windows.ts';
import { prometheusClient } from './client.ts';
import { readWindows } from './read-windows.ts';

const NOW = 1_800_000_060_000;
const reading: Reading = {
  metric: 'errors',
  query: 'requests_total',
  arm: { label: 'version', candidate: 'v2', stable: 'v1' },
  counts: { kind: 'share', bad: { label: 'code', pattern: '5..' } },
};
const success = (resultType: string, result: unknown, more = {}) =>
  JSON.stringify({ status: 'success', data: { resultType, result }, ...more });
const time = (at = NOW) => success('scalar', [at / 1000, String(at / 1000)]);
const sample = (...values: [number, string][]) =>
  success('matrix', [{ metric: { version: 'v2', code: '200', job: 'a', instance: 'b' }, values }]);

let close: (() => void) | undefined;
afterEach(() => {
  close?.();
});

/** A server in the place of Prometheus. */
async function serve(listener: RequestListener): Promise<string> {
  const server = createServer(listener).listen(0, '127.0.0.1');
  await new Promise((listening) => server.once('listening', listening));
  close = () => {
    server.closeAllConnections();
    server.close();
  };
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
}

/** Answers the question for the time, and all others with what is told. */
const answering = (body: string, status = 200, clock = time()) =>
  serve((request, response) => {
    let asked = '';
    request.on('data', (chunk) => {
      asked += chunk;
    });
    request.on('end', () => {
      const query = new URLSearchParams(asked).get('query');
      const isTime = query === 'time()';
      if (query?.startsWith('up{')) response.end(success('matrix', []));
      else response.writeHead(isTime ? 200 : status).end(isTime ? clock : body);
    });
  });

const ask = async (address: string, timeoutMs?: number) =>
  readWindows(
    prometheusClient({ address, ...(timeoutMs && { timeoutMs }) }),
    [reading],
    NOW - 45_000,
    clockAt(NOW),
    TIMING,
  );

describe('an answer that is no evidence', () => {
  it.each<[string, string, number, string]>([
    [
      "a proxy's page",
      '<html><title>Sign in</title></html>',
      200,
      'an HTML page (a proxy, or a login?): <html><title>Sign in',
    ],
    ["a proxy's page with a status", '<html>Bad gateway</html>', 502, 'Status 502 came back: <html>Bad gateway'],
    ['half an answer', '{"status":"succ', 200, 'no JSON'],
    ['an answer of something else', '{"ok":true}', 200, 'no answer of Prometheus: status'],
    [
      'a refusal',
      '{"status":"error","errorType":"bad_data","error":"parse error: unexpected )"}',
      400,
      'refuses it: parse error',
    ],
    ['a vector where a matrix was due', success('vector', []), 200, 'A vector came back where a matrix was due'],
    ['a scalar where a matrix was due', success('scalar', [1, '0']), 200, 'A scalar came back where a matrix was due'],
    [
      'an answer that may be partial',
      success('matrix', [], { warnings: ['store a is away'] }),
      200,
      'may be partial. Prometheus warns: store a is away',
    ],
    ['an empty answer', success('matrix', []), 200, 'The answer is empty: no series fits'],
    ['a value that is none', sample([NOW / 1000, 'many']), 200, '"many" is no value'],
    ['an empty value', sample([NOW / 1000, '']), 200, '"" is no value'],
    ['a value that is a number', success('matrix', [{ metric: {}, values: [[1, 2]] }]), 200, 'no answer of Prometheus'],
    ['NaN', sample([NOW / 1000, 'NaN']), 200, 'has the value NaN'],
    ['Inf', sample([NOW / 1000, '+Inf']), 200, 'has the value Infinity'],
    ['a negative counter', sample([NOW / 1000, '-3']), 200, 'never negative'],
    ['times that go back', sample([2, '1'], [1, '1']), 200, 'overlap or go back in time'],
  ])('%s', async (_, body, status, message) => {
    const { windows, faults } = await ask(await answering(body, status));
    expect(windows).toEqual([]);
    expect(faults).toEqual([{ metric: 'errors', query: 'requests_total', message: expect.stringContaining(message) }]);
  });

  it.each([NOW + 61_000, NOW - 61_000])('a clock that is too far from ours', async (clock) => {
    const { faults } = await ask(await answering(sample([NOW / 1000, '1']), 200, time(clock)));
    expect(faults[0]?.message).toContain('61 s apart');
  });

  it('a redirect', async () => {
    const address = await serve((_, response) => response.writeHead(302, { location: '/login' }).end());
    expect((await ask(address)).faults[0]?.message).toContain('cannot be asked');
  });

  it('no answer in time', async () => {
    expect((await ask(await serve(() => {}), 50)).faults[0]?.message).toContain('no answer within 50 ms');
  });

  it('nobody there', async () => {
    expect((await ask('http://127.0.0.1:1')).faults[0]?.message).toContain('cannot be asked: ');
  });

  it('a flood', async () => {
    const address = await serve((_, response) => {
      const more = () => {
        while (response.write(Buffer.alloc(2 ** 20, 32)));
        response.once('drain', more);
      };
      more();
    });
    expect((await ask(address)).faults[0]?.message).toContain('larger than 64 MiB');
  });
});

describe('an answer that is evidence', () => {
  it('is read by the clock of Prometheus', async () => {
    const { windows, faults, skew } = await ask(
      await answering(
        sample([NOW / 1000 - 45, '5'], [NOW / 1000 - 30, '9'], [NOW / 1000 - 15, '9']),
        200,
        time(NOW + 500),
      ),
    );
    expect(faults).toEqual([]);
    expect(skew).toBe(500);
    expect(windows.map(({ metrics }) => metrics.errors?.[0]?.candidate.total)).toEqual([4, undefined]);
  });
});
