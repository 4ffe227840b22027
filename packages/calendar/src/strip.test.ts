import { describe, expect, it } from '@jest/globals';
import { firstRoom, nextClosing } from './openings.ts';
import { Strip } from './strip.ts';

const MINUTE = 60_000;
const inMinutes = (intervals: { start: number; end: number }[]) =>
  intervals.map(({ start, end }) => [start / MINUTE, end / MINUTE]);

function strip(cover: (strip: Strip) => void): Strip {
  const made = new Strip(30_000, 10 * MINUTE);
  cover(made);
  return made;
}

describe('a strip of minutes', () => {
  it('begins at the full minute', () => {
    expect(new Strip(90_000, 200_000)).toMatchObject({ from: MINUTE, minutes: 3 });
  });

  it('covers what an interval touches, or what it holds as a whole', () => {
    expect(inMinutes(strip((one) => one.coverTouched(2.5 * MINUTE, 4.1 * MINUTE)).covered())).toEqual([[2, 5]]);
    expect(inMinutes(strip((one) => one.coverWhole(2.5 * MINUTE, 4.1 * MINUTE)).covered())).toEqual([[3, 4]]);
    expect(inMinutes(strip((one) => one.coverTouched(2 * MINUTE, 4 * MINUTE)).covered())).toEqual([[2, 4]]);
  });

  it('joins what overlaps or touches, cuts off what lies outside, forgets what is empty', () => {
    const one = strip((made) => {
      made.coverTouched(-5 * MINUTE, 2 * MINUTE);
      made.coverTouched(1 * MINUTE, 3 * MINUTE);
      made.coverTouched(9 * MINUTE, 90 * MINUTE);
      made.coverTouched(5 * MINUTE, 5 * MINUTE);
      made.coverTouched(6 * MINUTE, 7 * MINUTE);
      made.coverTouched(7 * MINUTE, 8 * MINUTE);
      made.coverTouched(20 * MINUTE, 30 * MINUTE);
    });
    expect(inMinutes(one.covered())).toEqual([
      [0, 3],
      [6, 8],
      [9, 10],
    ]);
    expect(inMinutes(one.uncovered())).toEqual([
      [3, 6],
      [8, 9],
    ]);
  });

  it('is free as a whole where nothing covers it', () => {
    expect(inMinutes(strip(() => undefined).uncovered())).toEqual([[0, 10]]);
  });
});

describe('room between closed stretches', () => {
  const closed = [
    { start: 2, end: 4 },
    { start: 6, end: 7 },
  ];
  it.each([
    [0, 1, 0],
    [0, 2, 0],
    [0, 3, 7],
    [0.5, 2, 4],
    [2, 1, 4],
    [4.5, 1.5, 4.5],
    [4.5, 1.6, 7],
    [3, 0, 4],
  ])('from %d there is room for %d at %d', (at, need, room) => {
    expect(firstRoom(closed, at, need)).toBe(room);
  });

  it('ends where the next one begins', () => {
    expect(nextClosing(closed, 0)).toBe(2);
    expect(nextClosing(closed, 2.5)).toBe(2.5);
    expect(nextClosing(closed, 4)).toBe(6);
    expect(nextClosing(closed, 7)).toBeUndefined();
  });
});
