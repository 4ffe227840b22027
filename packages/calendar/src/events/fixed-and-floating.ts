import { DAY, dayOf, type Spell, weekdayOf } from '../wall.ts';

const THURSDAY = 3;

/** Thanksgiving of the United States: the fourth Thursday of November (36 U.S.C. 6101 note, since 1942). */
function thanksgivingOf(year: number): number {
  const first = dayOf(year, 11, 1);
  return first + (((THURSDAY - weekdayOf(first) + 7) % 7) + 21) * DAY;
}

const day = (at: number, days = 1): Spell[] => [{ from: at, to: at + days * DAY }];

export const thanksgiving = (year: number) => day(thanksgivingOf(year));

/** The day after Thanksgiving; the fourth Friday is another day whenever November starts on a Friday. */
export const blackFriday = (year: number) => day(thanksgivingOf(year) + DAY);

export const cyberMonday = (year: number) => day(thanksgivingOf(year) + 4 * DAY);

/** Black Friday to Cyber Monday: four days. */
export const blackFridayWeekend = (year: number) => day(thanksgivingOf(year) + DAY, 4);

export const singlesDay = (year: number) => day(dayOf(year, 11, 11));
export const christmas = (year: number) => day(dayOf(year, 12, 25));
export const boxingDay = (year: number) => day(dayOf(year, 12, 26));
