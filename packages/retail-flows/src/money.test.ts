import { describe, expect, it } from '@jest/globals';
import { cents, money } from './money.ts';

describe('amounts', () => {
  // 1.005 and 8.9955 lie below what they are written as; Odoo, and people, round what is written
  it.each([
    [1.005, 2, 101],
    [8.9955, 2, 900],
    [-1.005, 2, -101],
    [0.1 + 0.2, 2, 30],
    [1234.5, 0, 1235],
    [0, 2, 0],
  ])('%d with %d decimals is %d of the smallest unit', (amount, decimals, expected) => {
    expect(cents(amount, decimals)).toBe(expected);
  });

  it('are shown to the last decimal', () => {
    expect([money(90), money(-0.5), money(1000, 0)]).toEqual(['90.00', '-0.50', '1000']);
  });
});
