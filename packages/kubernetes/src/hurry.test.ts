/** What becomes of calls when whoever makes them is told to stop: each of these takes a minute where that is not heard. */

import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import * as timers from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import type { KubernetesError } from './errors.ts';
import type { Ref } from './kinds.ts';

/** Told when a rest of a minute begins. */
let atRest: () => void;
jest.unstable_mockModule('node:timers/promises', () => ({
  ...timers,
  setTimeout: (ms: number, ...more: []) => {
    if (ms === MINUTE) atRest();
    return timers.setTimeout(ms, ...more);
  },
}));
const { openWriter } = await import('./writer.ts');

const MINUTE = 60_000;
/** GitHub kills ten seconds after it has said stop. */
const BEFORE_IT_IS_KILLED = 10_000;
const REF: Ref = { kind: 'Deployment', namespace: 'shop', name: 'odoo' };

let server: Server;
let asked: number;
let stop: AbortController;
beforeEach(() => {
  [asked, stop] = [0, new AbortController()];
  atRest = () => stop.abort();
});
afterEach(() => {
  server.close();
  server.closeAllConnections();
});

/** A server that treats the first that comes so, and the others otherwise, and a writer that is told to stop by `stop`. */
async function serve(first: RequestListener, others = first) {
  server = createServer((request, response) => (asked++ === 0 ? first : others)(request, response));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const kubeconfig = JSON.stringify({
    'current-context': 'c',
    clusters: [{ name: 'k', cluster: { server: address, 'insecure-skip-tls-verify': true } }],
    users: [{ name: 'u', user: { token: 't' } }],
    contexts: [{ name: 'c', context: { cluster: 'k', user: 'u' } }],
  });
  return openWriter(kubeconfig, { manager: 'tillgate', timeoutMs: MINUTE, hurry: stop.signal });
}

const busy: RequestListener = (_, response) => void response.writeHead(429, { 'retry-after': '60' }).end('{}');
const cut: RequestListener = (request) => void request.socket.destroy();
const silent: RequestListener = () => undefined;
const well: RequestListener = (_, response) => void response.end('{"metadata":{"name":"odoo"}}');
const WELL = { metadata: { name: 'odoo' } };
const reasonOf = (call: Promise<unknown>) => call.catch(({ reason }: KubernetesError) => reason);

describe('told to stop', () => {
  it.each([
    ['answers then', well, WELL],
    ['is busy then, too', busy, 'throttled'],
    ['is silent then', silent, 'timeout'],
  ] as const)(
    'while it rests, a call is tried once more, at a server that %s',
    async (_, then, comes) => {
      const writer = await serve(busy, then);
      expect(await reasonOf(writer.read(REF))).toEqual(comes);
      expect(asked).toBe(2);
    },
    BEFORE_IT_IS_KILLED,
  );

  it(
    'while nobody answers, a call waits no longer',
    async () => {
      const writer = await serve(() => stop.abort());
      expect(await reasonOf(writer.patch(REF, 'merge', {}))).toBe('timeout');
      expect(asked).toBe(1);
    },
    BEFORE_IT_IS_KILLED,
  );

  it.each([
    ['answers', well, well, WELL, 1],
    ['cuts the line once', cut, well, WELL, 2],
    ['wants a minute’s rest', busy, busy, 'throttled', 1],
    ['is silent', silent, silent, 'timeout', 1],
  ] as const)(
    'before it was made, a call is made nevertheless: at a server that %s',
    async (_, first, others, comes, times) => {
      stop.abort();
      const writer = await serve(first, others);
      expect(await reasonOf(writer.patch(REF, 'merge', {}))).toEqual(comes);
      expect(asked).toBe(times);
    },
    BEFORE_IT_IS_KILLED,
  );
});
