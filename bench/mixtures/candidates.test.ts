import { describe, expect, it } from '@jest/globals';
import { addComparison, TIMES_WORSE } from '@tillgate/analysis';
import { poisson, uniformOf } from '../detection/traces.ts';
import { betting, boosted, meansOf, mixture, type Process, single } from './candidates.ts';

const windows = [
  { candidate: 0, stable: 3 },
  { candidate: 2, stable: 1 },
  { candidate: 1, stable: 0 },
];

describe('ways to weigh alternatives', () => {
  it('are those of the analysis, where they are in use', () => {
    const logE = TIMES_WORSE.map(() => 0);
    const [process, one] = [mixture(), single(5)];
    for (const { candidate, stable } of windows) {
      addComparison(logE, TIMES_WORSE, { bad: candidate, total: 10 }, { bad: stable, total: 90 }, 1, 1);
      const mean = logE.reduce((sum, each) => sum + Math.exp(each), 0) / logE.length;
      expect(process({ candidate, stable })).toBeCloseTo(Math.log(mean), 10);
      expect(one({ candidate, stable })).toBeCloseTo(logE[TIMES_WORSE.indexOf(5)] as number, 10);
    }
  });

  // 5 times worse: 5/14 of the bad ones are the candidate's; 5/14 ln(50/14) + 9/14 ln(10/14) = 0.2383 nats each.
  it('are given as many bad ones as hold the information', () => {
    const { candidate, stable } = meansOf(5, 4.605, 1);
    expect(candidate + stable).toBeCloseTo(4.605 / 0.2383, 1);
    expect(candidate / (candidate + stable)).toBeCloseTo(5 / 14, 10);
  });

  const ways: [string, () => Process][] = [
    ['the mixture', () => mixture()],
    ['betting', () => betting(3)],
    ['the boosted mixture', () => boosted([3, 10], -Math.log(0.05))],
  ];
  it.each(ways)('%s fails at most 5 %% of releases that are no worse, at alpha 5 %%', (_, make) => {
    let failed = 0;
    for (let trace = 0; trace < 400; trace++) {
      const uniform = uniformOf(trace + 1);
      const process = make();
      for (let window = 0; window < 60; window++) {
        const bad = { candidate: poisson(uniform, 0.3), stable: poisson(uniform, 2.7) };
        if (process(bad) < -Math.log(0.05) - 1e-9) continue;
        failed++;
        break;
      }
    }
    expect(failed).toBeGreaterThan(0);
    expect(failed).toBeLessThanOrEqual(20 + 3.3 * Math.sqrt(400 * 0.05 * 0.95));
  });
});
