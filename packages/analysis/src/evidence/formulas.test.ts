import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { dispersion } from './dispersion.ts';
import { drawsOf } from './draws.test-kit.ts';
import { logMeanExp, TIMES_WORSE } from './mixture.ts';
import { addLimit, sharesAbove, sharesBelow } from './one-sample.ts';
import { addComparison } from './two-sample.ts';
import { bandWidth, constantOf } from './uniform-band.ts';

/** A fraction, with integers of any size: the slow and sure way. */
type Fraction = readonly [bigint, bigint];
const times = ([a, b]: Fraction, [c, d]: Fraction): Fraction => [a * c, b * d];
const over = ([a, b]: Fraction, [c, d]: Fraction): Fraction => [a * d, b * c];
const plus = ([a, b]: Fraction, [c, d]: Fraction): Fraction => [a * d + c * b, b * d];
const power = ([a, b]: Fraction, n: number): Fraction => [a ** BigInt(n), b ** BigInt(n)];
const fraction = (thousandths: number): Fraction => [BigInt(Math.round(thousandths * 1000)), 1000n];
const less = (from: Fraction): Fraction => [from[1] - from[0], from[1]];
/** ln of a fraction, good to more digits than are compared. */
const ln = ([a, b]: Fraction): number => {
  const digits = (n: bigint) => Math.max(0, n.toString().length - 25);
  const part = (n: bigint) => Math.log(Number(n / 10n ** BigInt(digits(n)))) + digits(n) * Math.LN10;
  return part(a) - part(b);
};

const count = fc.integer({ min: 0, max: 40 });
const window = fc.record({
  nc: fc.integer({ min: 1, max: 3000 }),
  ns: fc.integer({ min: 1, max: 3000 }),
  xc: count,
  xs: count,
});

describe('the two-sample process', () => {
  it('is the product of the likelihood ratios theta_r / theta_0, taken in whole numbers', () => {
    fc.assert(
      fc.property(fc.array(window, { minLength: 1, maxLength: 6 }), fc.constantFrom(1, 1.25, 2), (windows, rho) => {
        const logE = [0, 0];
        const ratios = [1.5, 10];
        let exact: Fraction[] = ratios.map(() => [1n, 1n]);
        for (const { nc, ns, xc, xs } of windows) {
          addComparison(logE, ratios, { bad: xc, total: nc }, { bad: xs, total: ns }, rho, 1);
          exact = exact.map((e, k) => {
            const theta = (r: Fraction): Fraction => {
              const due = times(times(r, fraction(rho)), [BigInt(nc), 1n]);
              return over(due, plus(due, [BigInt(ns), 1n]));
            };
            const [theta0, thetaR] = [theta([1n, 1n]), theta(fraction(ratios[k] as number))];
            const ofStable = power(over(less(thetaR), less(theta0)), xs);
            return times(e, times(power(over(thetaR, theta0), xc), ofStable));
          });
        }
        for (const [k, e] of exact.entries()) expect(logE[k]).toBeCloseTo(ln(e), 8);
      }),
      { numRuns: 200, seed: 1 },
    );
  });

  it('has an expectation of at most 1 for independent requests at the tolerated ratio', () => {
    // Summed over all outcomes, for few requests, where an approximation would show.
    const choose = (n: number, k: number): number => (k === 0 ? 1 : (choose(n, k - 1) * (n - k + 1)) / k);
    for (const [nc, ns, p, rho] of [
      [1, 1, 0.5, 1],
      [3, 20, 0.3, 1],
      [8, 4, 0.2, 2],
      [5, 30, 0.02, 1.5],
    ] as const) {
      for (const [k, r] of TIMES_WORSE.entries()) {
        let expected = 0;
        for (let xc = 0; xc <= nc; xc++) {
          for (let xs = 0; xs <= ns; xs++) {
            const logE = [0];
            addComparison(logE, [r], { bad: xc, total: nc }, { bad: xs, total: ns }, rho, 1);
            const chance = (n: number, x: number, q: number) => choose(n, x) * q ** x * (1 - q) ** (n - x);
            expected += chance(nc, xc, rho * p) * chance(ns, xs, p) * Math.exp(logE[0] as number);
          }
        }
        expect({ k, expected: expected <= 1 + 1e-12 }).toEqual({ k, expected: true });
      }
    }
  });

  it('says nothing where one of the two is missing, whatever the other does', () => {
    const logE = [0.5];
    addComparison(logE, [2], { bad: 9, total: 9 }, { bad: 0, total: 0 }, 1, 1);
    addComparison(logE, [2], { bad: 0, total: 0 }, { bad: 9, total: 9 }, 1, 1);
    expect(logE).toEqual([0.5]);
  });

  it('speaks 1 / phi as loudly where bad ones come phi at a time', () => {
    const [one, nine] = [[0], [0]];
    addComparison(one, [3], { bad: 8, total: 100 }, { bad: 4, total: 900 }, 1, 1);
    addComparison(nine, [3], { bad: 8, total: 100 }, { bad: 4, total: 900 }, 1, 9);
    expect(nine[0]).toBeCloseTo((one[0] as number) / 9, 12);
  });
});

describe('the one-sample process', () => {
  it('is the product of the likelihood ratios, taken in whole numbers', () => {
    fc.assert(
      fc.property(fc.array(window, { minLength: 1, maxLength: 6 }), (windows) => {
        const logE = [0];
        let exact: Fraction = [1n, 1n];
        const [q, limit] = [fraction(0.005), fraction(0.02)];
        for (const { nc, xc } of windows) {
          const total = nc + xc;
          addLimit(logE, [0.005], { bad: xc, total }, 0.02, 1);
          exact = times(exact, times(power(over(q, limit), xc), power(over(less(q), less(limit)), nc)));
        }
        expect(logE[0]).toBeCloseTo(ln(exact), 6);
      }),
      { numRuns: 100, seed: 2 },
    );
  });

  it.each([
    [0.02, 149],
    [0.01, 299],
  ])('rejects a share of %d with %i good ones in a row and not before, at 1 in 20', (limit, good) => {
    const after = (total: number) => {
      const logE = [0];
      addLimit(logE, sharesBelow(limit).slice(0, 1), { bad: 0, total }, limit, 1);
      return logE[0] as number;
    };
    expect(after(good)).toBeGreaterThanOrEqual(Math.log(20));
    expect(after(good - 1)).toBeLessThan(Math.log(20));
  });

  it('looks below a limit for passing and above it for failing, never outside 0 to 1', () => {
    for (const limit of [0.001, 0.02, 0.5, 0.99]) {
      for (const q of sharesBelow(limit)) expect(q > 0 && q < limit).toBe(true);
      for (const q of sharesAbove(limit, TIMES_WORSE)) expect(q > limit && q < 1).toBe(true);
    }
  });
});

describe('the mixture', () => {
  it('is the mean of the e-values, and overflows at no size', () => {
    expect(logMeanExp([0, Math.log(3)])).toBeCloseTo(Math.log(2), 12);
    expect(logMeanExp([5000, 5000])).toBe(5000);
    expect(logMeanExp([-5000, Number.NEGATIVE_INFINITY])).toBeCloseTo(-5000 - Math.log(2), 9);
  });
});

describe('the band around a distribution', () => {
  it.each([
    [0.05, 8.12],
    [0.01, 9.28],
    [0.001, 10.94],
  ])('has at alpha %d the published constant %d', (alpha, c) => {
    expect(Math.abs(constantOf(alpha) - c)).toBeLessThan(0.02);
  });

  it('is 0.85 sqrt((ln(1 + ln t) + C) / t) wide, and never more than everything', () => {
    expect(bandWidth(10_000, 0.05)).toBeCloseTo(0.85 * Math.sqrt((Math.log(1 + Math.log(10_000)) + 8.12) / 10_000), 4);
    expect([bandWidth(0, 0.05), bandWidth(1, 0.05)]).toEqual([1, 1]);
  });
});

describe('dispersion', () => {
  const past = (batch: (draws: ReturnType<typeof drawsOf>) => number, seed = 5) => {
    const draws = drawsOf(seed);
    return Array.from({ length: 4000 }, () => {
      const total = draws.between(900, 1100);
      let bad = 0;
      for (let bursts = draws.poisson(total * 0.003); bursts > 0; bursts--) bad += batch(draws);
      return { bad, total };
    });
  };

  it('is about 1 for independent errors', () => {
    const phi = dispersion(past(() => 1));
    expect(phi).toBeGreaterThanOrEqual(1);
    expect(phi).toBeLessThan(1.4);
  });

  it('does not take chance for bursts: in the middle of 40 independent pasts it is 1, to 2 %', () => {
    const all = Array.from({ length: 40 }, (_, seed) => dispersion(past(() => 1, seed + 1))).sort((a, b) => a - b);
    expect(all[20]).toBeLessThan(1.02);
    expect(all[36]).toBeLessThan(1.1);
  });

  // Of L joined windows: ((L - 7) 8^2 + 2 (1^2 + ... + 7^2)) / 8 L = 8 - 21 / L; 7.3 at 32, beyond which too few are left.
  it('finds what is spread over windows: each burst of 8, one error a window for 8 windows, is nearly 8 at a time', () => {
    const draws = drawsOf(6);
    const bad = new Array<number>(5000).fill(0);
    for (let at = 0; at < bad.length - 8; at++) {
      const bursts = draws.poisson(0.4);
      for (let later = at; later < at + 8; later++) bad[later] = (bad[later] as number) + bursts;
    }
    const phi = dispersion(bad.map((each) => ({ bad: each, total: 1000 })));
    expect(phi).toBeGreaterThan(6.5);
    expect(phi).toBeLessThan(10);
  });

  it('is at least E[B^2] / E[B] = 9 for geometric bursts of 5, within what chance allows', () => {
    const phi = dispersion(past((draws) => draws.geometric(5)));
    expect(phi).toBeGreaterThan(8);
    expect(phi).toBeLessThan(12);
  });

  it('says so where the past tells nothing', () => {
    expect(() => dispersion([{ bad: 1, total: 9 }])).toThrow('1 windows say too little about bursts');
    expect(() => dispersion(Array.from({ length: 199 }, () => ({ bad: 0, total: 9 })))).toThrow('Nothing bad happened');
  });
});
