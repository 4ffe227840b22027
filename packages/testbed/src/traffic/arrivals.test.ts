import { describe, expect, it } from '@jest/globals';
import { type Arrivals, arrivalTimes, rateOf } from './arrivals.ts';
import { streams } from './random.ts';

const uniform = (seed: number) => streams(seed).next().value;

/** All arrivals before `until` seconds. */
function take(arrivals: Arrivals, until: number, seed: number): number[] {
  const times: number[] = [];
  for (const time of arrivalTimes(arrivals, uniform(seed))) {
    if (time >= until) return times;
    times.push(time);
  }
  throw new Error('The process is endless.');
}

const gapsOf = (times: readonly number[]) => times.map((time, index) => time - (times[index - 1] ?? 0));

/** Pearson's statistic of counts against what is expected. */
const chiSquare = (seen: readonly number[], expected: readonly number[]) =>
  seen.reduce((sum, count, index) => sum + (count - (expected[index] as number)) ** 2 / (expected[index] as number), 0);

// Quantiles of the chi-square distribution at 0.999, from the NIST/SEMATECH handbook of statistical methods, 1.3.6.7.4.
const CHI_SQUARE_999 = { 9: 27.877, 20: 45.315, 24: 51.179 } as const;

/** Expected counts by numerical integration of the rate (midpoint rule): says nothing of how arrivals are drawn. */
function integrated(rate: (seconds: number) => number, from: number, to: number): number {
  const steps = 10_000;
  const width = (to - from) / steps;
  let sum = 0;
  for (let step = 0; step < steps; step++) sum += rate(from + (step + 0.5) * width) * width;
  return sum;
}

const counted = (times: readonly number[], edges: readonly number[]) =>
  edges.slice(1).map((to, index) => times.filter((time) => time >= (edges[index] as number) && time < to).length);

describe('constant arrivals', () => {
  const arrivals: Arrivals = { pattern: 'constant', perSecond: 50 };

  it('leave exponential gaps: ten equally likely classes', () => {
    const gaps = gapsOf(take(arrivals, 400, 11));
    const edges = Array.from({ length: 11 }, (_, decile) => -Math.log(1 - decile / 10) / 50);
    const seen = counted(gaps, edges);
    expect(
      chiSquare(
        seen,
        seen.map(() => gaps.length / 10),
      ),
    ).toBeLessThan(CHI_SQUARE_999[9]);
  });

  it('leave gaps that do not depend on the one before', () => {
    const gaps = gapsOf(take(arrivals, 400, 12));
    const mean = gaps.reduce((sum, gap) => sum + gap, 0) / gaps.length;
    const variance = gaps.reduce((sum, gap) => sum + (gap - mean) ** 2, 0) / gaps.length;
    const together = gaps
      .slice(1)
      .reduce((sum, gap, index) => sum + (gap - mean) * ((gaps[index] as number) - mean), 0);
    // Under independence the lag-1 correlation is normal with standard deviation 1/sqrt(n).
    expect(Math.abs(together / gaps.length / variance)).toBeLessThan(3.3 / Math.sqrt(gaps.length));
  });

  it('have as much variance as mean in the counts of a second', () => {
    const times = take(arrivals, 400, 13);
    const counts = counted(
      times,
      Array.from({ length: 401 }, (_, second) => second),
    );
    const mean = counts.reduce((sum, count) => sum + count, 0) / 400;
    const variance = counts.reduce((sum, count) => sum + (count - mean) ** 2, 0) / 399;
    expect(Math.abs(times.length - 20_000)).toBeLessThan(3.3 * Math.sqrt(20_000));
    // The dispersion index of n Poisson counts has a standard deviation of sqrt(2 / (n - 1)).
    expect(Math.abs(variance / mean - 1)).toBeLessThan(3.3 * Math.sqrt(2 / 399));
  });
});

describe('arrivals whose rate moves', () => {
  it('follow a day: 24 hours of a wave', () => {
    const day = { pattern: 'diurnal', meanPerSecond: 20, swing: 0.9, periodSeconds: 1000, peakAtSeconds: 700 } as const;
    const edges = Array.from({ length: 25 }, (_, hour) => (hour * 1000) / 24);
    const expected = edges
      .slice(1)
      .map((to, hour) =>
        integrated((s) => 20 + 18 * Math.cos((2 * Math.PI * (s - 700)) / 1000), edges[hour] as number, to),
      );
    expect(chiSquare(counted(take(day, 1000, 21), edges), expected)).toBeLessThan(CHI_SQUARE_999[24]);
  });

  it('follow a sale: ramp, plateau, half-life', () => {
    const sale = {
      pattern: 'flash-sale',
      basePerSecond: 10,
      peakPerSecond: 210,
      startsAtSeconds: 20,
      rampSeconds: 10,
      holdSeconds: 20,
      halfLifeSeconds: 10,
    } as const;
    const edges = Array.from({ length: 21 }, (_, part) => part * 5);
    const rate = (s: number) => {
      if (s < 20) return 10;
      if (s < 30) return 10 + 20 * (s - 20);
      return s < 50 ? 210 : 10 + 200 * Math.exp((-Math.LN2 * (s - 50)) / 10);
    };
    const expected = edges.slice(1).map((to, part) => integrated(rate, edges[part] as number, to));
    expect(chiSquare(counted(take(sale, 100, 22), edges), expected)).toBeLessThan(CHI_SQUARE_999[20]);
  });

  it('never exceed the highest rate that thinning relies on', () => {
    const all: Arrivals[] = [
      { pattern: 'diurnal', meanPerSecond: 5, swing: 1, periodSeconds: 60, peakAtSeconds: 13 },
      {
        pattern: 'flash-sale',
        basePerSecond: 1,
        peakPerSecond: 9,
        startsAtSeconds: 3,
        rampSeconds: 0,
        holdSeconds: 0,
        halfLifeSeconds: 4,
      },
    ];
    for (const arrivals of all) {
      const { at, highest } = rateOf(arrivals);
      for (let second = 0; second < 120; second += 0.1) {
        expect(at(second)).toBeGreaterThanOrEqual(0);
        expect(at(second)).toBeLessThanOrEqual(highest);
      }
    }
  });
});

describe('a seed', () => {
  const arrivals: Arrivals = { pattern: 'constant', perSecond: 100 };

  it('decides every arrival', () => {
    expect(take(arrivals, 10, 5)).toEqual(take(arrivals, 10, 5));
    expect(take(arrivals, 10, 5)).not.toEqual(take(arrivals, 10, 6));
  });

  it('gives streams that are unrelated', () => {
    const source = streams(5);
    const [first, second] = [source.next().value, source.next().value];
    const agree = Array.from({ length: 10_000 }, () => first() < 0.5 === second() < 0.5).filter(Boolean).length;
    expect(Math.abs(agree - 5000)).toBeLessThan(3.3 * 50);
  });

  it.each([0.5, -1, 2 ** 32, Number.NaN])('is not %s', (seed) => {
    expect(() => uniform(seed)).toThrow('A seed is an integer from 0 to 2^32 - 1');
  });
});

describe('rates that make no sense', () => {
  it.each([
    [{ pattern: 'constant', perSecond: Number.NaN }, 'perSecond must be a finite number'],
    [{ pattern: 'constant', perSecond: 0 }, 'never sends anything'],
    [{ pattern: 'diurnal', meanPerSecond: 1, swing: 2, periodSeconds: 9, peakAtSeconds: 0 }, 'negative'],
    [{ pattern: 'diurnal', meanPerSecond: 1, swing: 1, periodSeconds: 0, peakAtSeconds: 0 }, 'some length'],
  ] as [Arrivals, string][])('%j is refused', (arrivals, why) => {
    expect(() => rateOf(arrivals)).toThrow(why);
  });
});
