/** How long is waited for what shows that all is back. What pods do while they warm up does not count, and an idle Odoo sleeps. */

import { describe, expect, it, jest } from '@jest/globals';
import { examplePlan, OLD } from '@tillgate/delivery/test-kit';
import type { Gone } from './go-back.ts';
import type { RollBackFrame, Taking } from './roll-back.ts';

let clock = 0;
jest.unstable_mockModule('node:timers/promises', () => ({
  setTimeout: async (ms: number) => {
    clock += ms;
  },
}));
jest.spyOn(performance, 'now').mockImplementation(() => clock);
const { verifyAfter } = await import('./look-after.ts');

const PLAN = examplePlan();
const ready = { image: OLD, settled: true, desired: 2, ready: 2, running: [OLD], crashing: 0, restarts: 0, stuck: [] };

/** What is known where requests are counted, and jobs looked for, from so many ms after it was back. */
async function verified(
  countedFrom: number,
  lookedFrom: number | null = 0,
  { stopped = new AbortController().signal, requests = 200, plan = PLAN } = {},
) {
  clock = 0;
  const nothing = { total: 0, bad: [0] };
  const read = async () => {
    const stable = clock >= countedFrom ? { total: requests, bad: [0] } : nothing;
    const stratum = { tenant: '', endpoint: '', candidate: nothing, stable };
    return { windows: [{ from: 0, to: 1, metrics: { errors: [stratum] } }], faults: [] };
  };
  const jobs = lookedFrom === null ? undefined : async () => ({ looks: clock >= lookedFrom ? 1 : 0, unread: '' });
  const observed = { stable: ready, candidate: null, candidateShare: 0, route: 'open', cron: 'stable' };
  const target = {
    observe: async () => ({ ...observed, assigned: null, foreign: [], waitingFor: [] }),
    reconfigured: async () => [],
  };
  const taking = {
    way: { to: 'begin', plan },
    place: { writer: { now: async () => clock }, at: () => ({ target, counts: { read }, jobs }) },
  } as unknown as Taking;
  const gone = {
    ...{ startedAt: 0, backAt: 0, timeline: { measured: () => undefined } },
    status: { before: { errorShare: 0.001, configuration: {} } },
  } as unknown as Gone;
  const frame = {
    inputs: { 'prometheus-url': 'https://prometheus.example' },
    log: { info: () => undefined },
    signal: stopped,
  } as unknown as RollBackFrame;
  const known = (await verifyAfter(taking, gone, frame)).map(({ holds }) => holds);
  return { traffic: known.slice(2, 4), jobs: known[5] };
}

describe('what is measured after a rollback', () => {
  it('is waited for until pods that came back have warmed up', async () => {
    const { warmUpMs, timing } = PLAN.watching as NonNullable<typeof PLAN.watching>;
    expect((await verified(0)).traffic).toEqual(['yes', 'yes']);
    expect((await verified(warmUpMs + 2 * timing.window + timing.settle + 119_000)).traffic).toEqual(['yes', 'yes']);
    expect((await verified(3_600_000)).traffic).toEqual(['unknown', 'unknown']);
  });

  it('is waited for until there are enough requests to tell, two minutes at most', async () => {
    expect((await verified(0, 0, { requests: 10 })).traffic).toEqual(['yes', 'unknown']);
    expect(clock).toBeGreaterThan(120_000);
    await verified(0);
    expect(clock).toBe(0);
  });

  it('is read from the metric that counts failures, wherever it stands in the list', async () => {
    const watching = PLAN.watching as NonNullable<typeof PLAN.watching>;
    const { analysis, readings } = watching.beside;
    const [errors] = analysis.metrics;
    const [reading] = readings;
    if (!errors || !reading) throw new Error('The example watches nothing.');
    const slow = { ...errors, name: 'latency' };
    const bySpeed: typeof reading = { ...reading, metric: 'latency', counts: { kind: 'buckets', slowerThan: [0.5] } };
    const beside = (metrics: (typeof errors)[], of: (typeof reading)[]) => ({
      plan: { ...PLAN, watching: { ...watching, beside: { analysis: { ...analysis, metrics }, readings: of } } },
    });
    expect((await verified(0, 0, beside([slow, errors], [bySpeed, reading]))).traffic).toEqual(['yes', 'yes']);
    expect((await verified(0, 0, beside([slow], [bySpeed]))).traffic).toEqual(['unknown', 'unknown']);
  });

  it('is waited for until an idle Odoo, which sleeps for up to 70 s, has looked for jobs', async () => {
    expect((await verified(0, 70_000)).jobs).toBe('yes');
    expect((await verified(0, 3_600_000)).jobs).toBe('unknown');
  });

  it('is not known of jobs that nothing counts, or that nobody waited for', async () => {
    expect((await verified(0, null)).jobs).toBe('unknown');
    expect((await verified(0, 3_600_000, { stopped: AbortSignal.abort() })).jobs).toBe('unknown');
  });
});
