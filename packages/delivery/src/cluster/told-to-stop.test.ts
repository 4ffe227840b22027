/**
 * A driver that is told to stop while it waits for the API server ends before GitHub kills it, ten seconds later: back where
 * it is let, and otherwise with what it knows. Each wait here is a minute long where the word to stop is not heard.
 */

import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import * as timers from 'node:timers/promises';
import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { silentLog } from '@tillgate/host';
import type { Ref } from '@tillgate/kubernetes';
import { digestOfAll, examplePlan, OLD } from '../example-plan.test-kit.ts';
import type { Target } from '../ports.ts';
import type { Observed } from '../seen.ts';
import type { memoryWriter as writerInMemory } from './memory-writer.test-kit.ts';

const MINUTE = 60_000;
const BEFORE_IT_IS_KILLED = 10_000;
const PLAN = examplePlan();
const STATE: Ref = { kind: 'ConfigMap', namespace: 'shop', name: 'tillgate-delivery-odoo' };

/** How the API server treats what comes, and what happens when a driver waits for it. */
let mood: 'well' | 'busy' | 'silent';
let waitedFor: () => void;
jest.unstable_mockModule('node:timers/promises', () => ({
  ...timers,
  setTimeout: (ms: number, ...more: []) => {
    if (ms === MINUTE) waitedFor();
    return timers.setTimeout(ms, ...more);
  },
}));
const { openWriter } = await import('@tillgate/kubernetes');
const { begin, drive, phaseOf } = await import('../index.ts');
const { memoryWriter } = await import('./memory-writer.test-kit.ts');
const { patientReads } = await import('./patient-reads.ts');
const { clusterStore } = await import('./store.ts');

let server: Server;
afterEach(() => {
  server.close();
  server.closeAllConnections();
});

/** The objects of a cluster in memory over HTTP: read one, create one, patch one. A watch hears nothing. */
function apiServer({ writer }: ReturnType<typeof writerInMemory>): RequestListener {
  const answerTo = async (method: string, ref: Ref, body: string) => {
    if (method === 'GET') return writer.read(ref);
    const object = JSON.parse(body) as { metadata: { name: string } };
    if (method === 'POST') return writer.create({ ...ref, name: object.metadata.name }, object);
    return writer.patch(ref, 'merge', object);
  };
  return async (request, response) => {
    const { pathname, searchParams } = new URL(request.url as string, 'http://server');
    const [kind, name = ''] = pathname.split('/namespaces/shop/')[1]?.split('/') ?? [];
    if (searchParams.has('watch')) return;
    if (mood === 'busy') return void response.writeHead(429, { 'retry-after': '60' }).end('{}');
    if (mood === 'silent') return waitedFor();
    try {
      const ref: Ref = { kind: kind === 'leases' ? 'Lease' : 'ConfigMap', namespace: 'shop', name };
      const found = await answerTo(request.method as string, ref, await text(request));
      response.writeHead(found ? 200 : 404).end(JSON.stringify(found ?? {}));
    } catch (cause) {
      if (!(cause instanceof Error && cause.name === 'KubernetesError')) throw cause;
      response.writeHead(409).end('{}');
    }
  };
}

/** A place where stable stands as it stood, and the candidate's pods never come. */
const AS_BEFORE: Observed = {
  stable: {
    ...{ image: OLD, settled: true, desired: 3, ready: 3, running: [OLD] },
    ...{ crashing: 0, restarts: 0, stuck: [] },
  },
  ...{ candidate: null, candidateShare: 0, route: 'open', cron: 'stable', assigned: null, foreign: [], waitingFor: [] },
};
const TARGET: Target = {
  before: async () => BEFORE,
  claim: async (epoch) => ({ epoch }),
  observe: async () => AS_BEFORE,
  apply: async () => undefined,
  escape: () => [],
};
const BEFORE = { image: OLD, replicas: 3, floor: 3, uid: 'uid-1', configuration: {}, errorShare: null };

/** A driver that is told to stop as soon as it waits for a server in this mood, which is then in another. */
async function driven(before: typeof mood, then: typeof mood) {
  const cluster = memoryWriter();
  server = createServer(apiServer(cluster)).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const kubeconfig = JSON.stringify({
    'current-context': 'c',
    clusters: [
      {
        name: 'k',
        cluster: {
          server: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
          'insecure-skip-tls-verify': true,
        },
      },
    ],
    users: [{ name: 'u', user: { token: 't' } }],
    contexts: [{ name: 'c', context: { cluster: 'k', user: 'u' } }],
  });
  const stop = new AbortController();
  const { signal } = stop;
  const writer = patientReads(openWriter(kubeconfig, { manager: 'tillgate', hurry: signal }), signal);
  const store = clusterStore(writer, {
    ...{ namespace: 'shop', deployment: 'odoo', record: 'the record', who: 'us', plan: PLAN },
  });
  [mood, waitedFor] = ['well', () => undefined];
  const beginning = { record: digestOfAll('4'), before: BEFORE, escape: {}, onInconclusive: 'safe-state' } as const;
  await store.create(begin(PLAN, { ...beginning, at: Date.now(), epoch: 1 }));
  const result = await drive({
    ...{ plan: PLAN, store, target: TARGET, log: silentLog, signal },
    counts: { read: async () => ({ windows: [], faults: [] }) },
    permits: { read: async () => ({ freeze: 'open', record: 'valid', because: [] }) },
    onTick: () => {
      if (signal.aborted) return;
      mood = before;
      waitedFor = () => {
        mood = then;
        stop.abort();
      };
    },
  });
  const data = (cluster.objects.at(STATE) as { data?: Record<string, string> }).data ?? {};
  return { because: result.because, phase: phaseOf(PLAN, result.status), isWritten: data.over };
}

describe('a driver that is told to stop', () => {
  it.each([
    ['busy', 'well', { because: 'over', phase: 'returned', isWritten: 'true' }],
    ['silent', 'well', { because: 'over', phase: 'returned', isWritten: 'true' }],
    ['busy', 'busy', { because: 'stopped', phase: 'forward', isWritten: 'false' }],
    ['silent', 'silent', { because: 'stopped', phase: 'forward', isWritten: 'false' }],
  ] as const)(
    'while the API server is %s, and then %s, ends in time',
    async (before, then, ends) => expect(await driven(before, then)).toEqual(ends),
    BEFORE_IT_IS_KILLED,
  );
});
