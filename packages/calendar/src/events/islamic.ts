import { DAY, dayOf, type Spell } from '../wall.ts';

/**
 * Dates of the Umm al-Qura calendar through Intl. Elsewhere the new moon is sighted, which moves a date by
 * up to a day either way: every computed spell is a day wider at both ends. Known dates in the policy
 * replace it.
 */
const SIGHTING = DAY;

const RAMADAN = 9;
const SHAWWAL = 10;
const DHU_AL_HIJJA = 12;

interface IslamicDay {
  month: number;
  day: number;
}

let format: Intl.DateTimeFormat | undefined;

function islamicDay(wall: number): IslamicDay {
  // made when first used: a calendar of this kind costs a dozen milliseconds
  format ??= new Intl.DateTimeFormat('en-u-ca-islamic-umalqura', { timeZone: 'UTC', month: 'numeric', day: 'numeric' });
  const parts = format.formatToParts(wall);
  const read = (type: string) => Number(parts.find((part) => part.type === type)?.value);
  return { month: read('month'), day: read('day') };
}

/** Midnights of a Gregorian year on which an Islamic month and day begins: none, one or two. */
function daysIn(year: number, month: number, day: number): number[] {
  const found: number[] = [];
  const end = dayOf(year + 1, 1, 1);
  for (let at = dayOf(year, 1, 1); at < end; ) {
    const here = islamicDay(at);
    if (here.month === month && here.day === day) found.push(at);
    // a month has 29 or 30 days: skip what cannot be the day that is looked for
    const months = (month - here.month + 12) % 12;
    const safe = months * 29 + day - here.day - months;
    at += Math.max(1, safe) * DAY;
  }
  return found;
}

/** First days of Ramadan in a Gregorian year. */
export const ramadanStarts = (year: number) => daysIn(year, RAMADAN, 1);
export const eidAlFitrStarts = (year: number) => daysIn(year, SHAWWAL, 1);
export const eidAlAdhaStarts = (year: number) => daysIn(year, DHU_AL_HIJJA, 10);

const padded = (from: number, days: number): Spell => ({ from: from - SIGHTING, to: from + days * DAY + SIGHTING });

/** The month of fasting: 29 or 30 days. */
export function ramadan(year: number): Spell[] {
  return ramadanStarts(year).map((from) => padded(from, islamicDay(from + 29 * DAY).month === RAMADAN ? 30 : 29));
}

/** Three days, from the first of Shawwal. */
export const eidAlFitr = (year: number) => eidAlFitrStarts(year).map((from) => padded(from, 3));

/** Four days, from the tenth of Dhu al-Hijja. */
export const eidAlAdha = (year: number) => eidAlAdhaStarts(year).map((from) => padded(from, 4));
