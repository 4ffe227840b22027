import { describe, expect, it } from '@jest/globals';
import { likelihood, reachedAt, thresholdOf, waldSeconds } from './bound.ts';
import { type Cell, traceOf } from './traces.ts';

const cell: Cell = { rate: 10, base: 0.003, effect: 10, scenario: 'plain' };
const paths = (effect: number, seed: number) =>
  Array.from({ length: 400 }, (_, at) => likelihood(traceOf({ ...cell, effect }, seed + at), 10));

describe('what can be known how soon', () => {
  it('is bounded by the information in a second', () => {
    // Bad answers a second: 1 x 3 % of the candidate, 9 x 0.3 % of stable; 10/19 of them of the candidate, where no worse means 1/10.
    // 0.057 (10/19 ln 100/19 + 9/19 ln 10/19) = 0.0325 nats a second; ln 100 / 0.0325 = 142 s.
    expect(waldSeconds(cell, 0.01)).toBeCloseTo(141.8, 0);
    // A hundred times worse: 0.327 bad answers a second, 100/109 of them of the candidate: 8 s.
    expect(waldSeconds({ ...cell, effect: 100 }, 0.01)).toBeCloseTo(7.8, 0);
  });

  it('and the likelihood ratio, the best test there is, does not beat the bound in the mean', () => {
    const times = paths(10, 1).map((path) => reachedAt(path, Math.log(100), cell));
    expect(times.every(Number.isFinite)).toBe(true);
    expect(times.reduce((a, b) => a + b, 0) / times.length - 10).toBeGreaterThan(waldSeconds(cell, 0.01));
  });

  it('a threshold that 1 % of good releases reach is reached by at most 1 %, and a lower one by more', () => {
    const good = paths(1, 10_000);
    const threshold = thresholdOf(good, 0.01);
    const reach = (least: number) => good.filter((path) => Number.isFinite(reachedAt(path, least, cell))).length;
    expect(reach(threshold)).toBeLessThanOrEqual(4);
    expect(reach(threshold - 1e-6)).toBeGreaterThan(4);
  });
});
