import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { beforeAll, describe, expect, it } from '@jest/globals';

const TRACES = 10_000;
const ALPHA = 0.01;
/** 1 % of 10,000, and 3.3 standard deviations of what chance adds when the truth is exactly at the bound. */
const MOST = TRACES * ALPHA + 3.3 * Math.sqrt(TRACES * ALPHA * (1 - ALPHA));

describe('of 10,000 releases that are no worse than tolerated, at alpha 1 %, at most as many fail as may', () => {
  const alarms = new Map<string, number>();
  beforeAll(
    () =>
      new Promise<void>((done, fail) => {
        const worker = new Worker(join(import.meta.dirname, 'false-alarms.test-kit.ts'));
        worker.on('message', ({ kind, alarms: count }) => alarms.set(kind, count));
        worker.on('error', fail);
        worker.on('exit', () => done());
      }),
    900_000, // half a minute, on a machine that has nothing else to do
  );

  it.each(['share', 'bursts', 'latency', 'events', 'levels', 'limit', 'band'])('%s', (kind) => {
    expect(alarms.get(kind)).toBeLessThanOrEqual(MOST);
  });

  // A test that could not fail would show nothing.
  it.each(['share', 'limit'])('%s is not idle: some do fail', (kind) => {
    expect(alarms.get(kind)).toBeGreaterThan(5);
  });

  it('bursts cry wolf without phi: that is what it is for', () => {
    expect(alarms.get('bursts, but phi 1')).toBeGreaterThan(10 * MOST);
  });
});
