import { describe, expect, it } from '@jest/globals';
import { type Counters, successRate } from './success-rate.ts';

const NO = Number.NaN;
/** Counters scraped every 15 s from 0 on. */
const counters = (good: number[], bad: number[], lag = 0): Counters => ({
  at: good.map((_, index) => index * 15),
  good,
  bad,
  lag,
});

describe('the share of good answers, as PromQL tells it', () => {
  it('is that of what was counted within the window, both ends included', () => {
    expect(successRate(counters([0, 9, 19, 28, 38], [0, 1, 1, 2, 2]), 60, 60)).toBeCloseTo(0.95, 12);
    expect(successRate(counters([0, 9, 19, 28, 38], [0, 1, 1, 2, 2]), 60, 30)).toBeCloseTo(19 / 20, 12);
  });

  it('is empty before there are two samples, and where good answers were never counted', () => {
    expect(successRate(counters([5], [0]), 0, 60)).toBeUndefined();
    expect(successRate(counters([5, 9], [0, 0]), 14, 60)).toBeUndefined();
    expect(successRate(counters([NO, NO, NO], [1, 5, 9]), 30, 60)).toBeUndefined();
  });

  it('is no number where nothing was asked', () => {
    expect(successRate(counters([7, 7, 7], [2, 2, 2]), 30, 60)).toBeNaN();
  });

  it('does not see the first bad answer of a new series', () => {
    expect(successRate(counters([10, 20, 30], [NO, NO, 4]), 30, 30)).toBe(1);
    expect(successRate(counters([10, 20, 30], [NO, 1, 1]), 30, 30)).toBe(1);
  });

  it('counts from zero after a restart', () => {
    // 10 + 4 good and 0 + 1 bad: the counters went back to 0 between the second and the third sample.
    expect(successRate(counters([100, 110, 4], [20, 20, 1]), 30, 30)).toBeCloseTo(14 / 15, 12);
  });

  it('knows of samples only when they have arrived', () => {
    const late = counters([0, 10, 20, 20, 20], [0, 0, 0, 10, 20], 30);
    expect(successRate(late, 60, 60)).toBe(1);
    expect(successRate({ ...late, lag: 0 }, 60, 60)).toBe(0.5);
  });
});
