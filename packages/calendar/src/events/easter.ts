import { DAY, dayOf, type Spell } from '../wall.ts';

/**
 * Easter Sunday of the Gregorian calendar: the anonymous computus, as J. Meeus gives it in "Astronomical
 * Algorithms" (1991), chapter 8. Letters are those of the book.
 */
export function easterSunday(year: number): number {
  const a = year % 19;
  const b = Math.floor(year / 100);
  const c = year % 100;
  const d = Math.floor(b / 4);
  const e = b % 4;
  const f = Math.floor((b + 8) / 25);
  const g = Math.floor((b - f + 1) / 3);
  const h = (19 * a + b - d - g + 15) % 30;
  const i = Math.floor(c / 4);
  const k = c % 4;
  const l = (32 + 2 * e + 2 * i - h - k) % 7;
  const m = Math.floor((a + 11 * h + 22 * l) / 451);
  const n = h + l - 7 * m + 114;
  return dayOf(year, Math.floor(n / 31), (n % 31) + 1);
}

/**
 * Easter Sunday of the Julian calendar (same chapter), told as a Gregorian date. The two calendars lie 13
 * days apart from 1900 to 2099; other years are refused rather than answered wrongly.
 */
export function orthodoxEasterSunday(year: number): number {
  if (year < 1900 || year > 2099)
    throw new RangeError(`Orthodox Easter is computed for 1900 to 2099, not for ${year}.`);
  const d = (19 * (year % 19) + 15) % 30;
  const e = (2 * (year % 4) + 4 * (year % 7) - d + 34) % 7;
  const n = d + e + 114;
  return dayOf(year, Math.floor(n / 31), (n % 31) + 1) + 13 * DAY;
}

/** Good Friday to Easter Monday, both included. */
const around = (sunday: number): Spell[] => [{ from: sunday - 2 * DAY, to: sunday + 2 * DAY }];

export const easter = (year: number) => around(easterSunday(year));
export const orthodoxEaster = (year: number) => around(orthodoxEasterSunday(year));
