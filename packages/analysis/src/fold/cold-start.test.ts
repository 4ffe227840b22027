import { describe, expect, it } from '@jest/globals';
import { decide } from '../decide.ts';
import type { AnalysisPlan } from '../plan.ts';
import { beginAnalysis } from '../state.ts';
import { fold } from '../step.ts';
import { foldSeries } from './fold-series.ts';
import type { Reading } from './reading.ts';
import type { Series } from './series.ts';
import { TIMING } from './windows.ts';

const S = 1000;
const T0 = 1_800_000_000 * S;
const plan: AnalysisPlan = {
  metrics: [{ name: 'errors', unit: 'requests', bad: 'failed', test: { by: 'comparison', tolerated: 1.2 }, phi: 1 }],
  alpha: 0.01,
  beta: 0.05,
  minimum: { seconds: 0, tenants: 1, sessions: 0 },
};
const reading: Reading = {
  metric: 'errors',
  query: 'requests_total',
  arm: { label: 'version', candidate: 'new', stable: 'old' },
  counts: { kind: 'share', bad: { label: 'code', pattern: '5..' } },
};

/** Ten minutes of a pod with 100 requests a scrape: 1 fails, 8 while it is cold, which is its first two minutes. */
function pod(version: string, instance: string, bornAt: number): Series[] {
  const at = Array.from({ length: 61 }, (_, i) => T0 - 300 * S + i * 15 * S).filter((time) => time >= bornAt);
  let [good, bad] = [0, 0];
  const counts = at.map((time) => {
    const fails = time < bornAt + 120 * S ? 8 : 1;
    good += 100 - fails;
    bad += fails;
    return [good, bad] as const;
  });
  return [0, 1].map((which) => ({
    labels: { job: 'shop', instance, version, code: which === 0 ? '200' : '500' },
    at,
    value: counts.map((each) => each[which] as number),
  }));
}

const outcome = (series: readonly Series[], how: Partial<Reading> = {}) => {
  const up = [...new Set(series.map(({ labels }) => labels.instance as string))].map((instance) => ({
    labels: { job: 'shop', instance },
    at: [T0 - 15 * S],
    value: [1],
  }));
  const read = { reading: { ...reading, ...how }, series };
  const { windows, faults } = foldSeries([read], T0, T0 + 590 * S, TIMING, [], up);
  expect(faults).toEqual([]);
  const state = fold(plan, beginAnalysis(plan, T0), windows);
  return { outcome: decide(plan, state).outcome, seen: state.metrics.errors?.candidate };
};

describe('a candidate that is cold at first, and no worse', () => {
  const [candidate, warm] = [pod('new', 'n', T0), pod('old', 'o', T0 - 300 * S)];

  it('is failed where its warm-up counts against a warm stable version', () => {
    expect(outcome([...candidate, ...warm]).outcome).toBe('fail');
  });

  it('is not where the first minutes of each pod are left out', () => {
    const { outcome: found, seen } = outcome([...candidate, ...warm], { warmUp: { labels: [], lasts: 120 * S } });
    expect(found).toBe('inconclusive');
    // Of 39 scrapes until 570 s, those of the first 120 s and the one that reaches back into them do not count.
    expect(seen).toEqual({ total: 3000, bad: [30] });
  });

  it('is not beside a baseline of the same age that runs the old image', () => {
    const arm = { label: 'version', candidate: 'new', stable: 'baseline' };
    const { outcome: found, seen } = outcome([...candidate, ...warm, ...pod('baseline', 'b', T0)], { arm });
    expect(found).toBe('inconclusive');
    expect(seen?.bad[0]).toBeGreaterThan(80);
  });

  it('is failed beside that baseline if it stays as bad', () => {
    const arm = { label: 'version', candidate: 'new', stable: 'baseline' };
    const bad = pod('new', 'n', T0).map((each) => ({
      ...each,
      value: each.value.map((value, i) => (each.labels.code === '500' ? 8 * (i + 1) : value)),
    }));
    expect(outcome([...bad, ...pod('baseline', 'b', T0)], { arm }).outcome).toBe('fail');
  });
});
