import { describe, expect, it } from '@jest/globals';
import { chanceOfSlower, compareTimes, median } from './latency.ts';

/** The same p-value by trying every way of dealing the values out: slow, and obviously right. */
function byTryingAll(before: readonly number[], now: readonly number[]): number {
  const all = [...before, ...now].map((_, rank) => rank);
  const larger = (later: readonly number[]) =>
    later.reduce((sum, value) => sum + all.filter((rank) => rank < value && !later.includes(rank)).length, 0);
  const observed = now.reduce((sum, value) => sum + before.filter((earlier) => earlier < value).length, 0);
  let [hits, total] = [0, 0];
  const deal = (from: number, chosen: number[]): void => {
    if (chosen.length === now.length) {
      total += 1;
      if (larger(chosen) >= observed) hits += 1;
      return;
    }
    for (let rank = from; rank < all.length; rank += 1) deal(rank + 1, [...chosen, rank]);
  };
  deal(0, []);
  return hits / total;
}

describe('the chance that a difference is none', () => {
  it('is 1 in 252 for five and five that are cleanly apart', () => {
    expect(chanceOfSlower([1, 2, 3, 4, 5], [6, 7, 8, 9, 10])).toBeCloseTo(1 / 252, 12);
    expect(chanceOfSlower([6, 7, 8, 9, 10], [1, 2, 3, 4, 5])).toBe(1);
  });

  it.each([
    [
      [1, 3, 5, 7],
      [2, 4, 6, 8, 10],
    ],
    [
      [5, 1, 9, 2, 7],
      [6, 3, 8, 4],
    ],
    [[4], [1, 2, 3, 5, 6]],
    [
      [10, 20, 31],
      [15, 30, 32],
    ],
  ])('is what trying all arrangements gives: %j and %j', (before, now) => {
    expect(chanceOfSlower(before, now)).toBeCloseTo(byTryingAll(before, now), 12);
  });
});

describe('a step', () => {
  const before = { a: [100, 104, 98, 101, 99] };
  const judged = (now: number[], ratio = 1.5) => compareTimes(before, { a: now }, ratio)[0]?.judgement;

  it('is slower where it is, and not where one value is an outlier', () => {
    expect(judged([200, 210, 190, 205, 220])).toBe('slower');
    expect(judged([101, 99, 100, 2_000, 102])).toBe('as-before');
    expect(judged([140, 138, 141, 139, 142])).toBe('as-before'); // clearly apart, and within the ratio
  });

  it('is not judged by fewer than five, nor by milliseconds that nobody notices', () => {
    expect(judged([200, 210, 190, 205])).toBe('too-few');
    expect(compareTimes({ a: [2, 2, 2, 2, 2] }, { a: [9, 9, 9, 9, 9] }, 1.5)[0]?.judgement).toBe('as-before');
  });

  it('has a median', () => {
    expect([median([3, 1, 2]), median([4, 1, 2, 3])]).toEqual([2, 2.5]);
  });
});
