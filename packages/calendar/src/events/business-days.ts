import { DAY, dayOf, type Spell, weekdayOf } from '../wall.ts';

/** Whether business is done on a day: Monday to Friday, and no holiday. */
export type IsBusinessDay = (day: number) => boolean;

/** @param holidays midnights of days without business besides Saturdays and Sundays */
export function businessDays(holidays: ReadonlySet<number>): IsBusinessDay {
  return (day) => weekdayOf(day) < 5 && !holidays.has(day);
}

/** No holiday season is longer; a calendar without business days for so long is a mistake. */
const LONGEST_BREAK = 60;

/** The nearest business day from `day` on (itself included), in steps of one day forward or back. */
function seek(isBusiness: IsBusinessDay, day: number, step: 1 | -1): number {
  for (let days = 0; days < LONGEST_BREAK; days++) {
    const at = day + step * days * DAY;
    if (isBusiness(at)) return at;
  }
  throw new RangeError(
    `There is no business day within ${LONGEST_BREAK} days of ${new Date(day).toISOString().slice(0, 10)}.`,
  );
}

/**
 * The closing of the books at the ends of these months: from the last business day of the month, counted
 * back `before` more, to the end of the business day number `after` of the new month (0: the last one of the
 * old month).
 */
export function closes(
  year: number,
  months: readonly number[],
  isBusiness: IsBusinessDay,
  before: number,
  after: number,
): Spell[] {
  return months.map((month) => {
    const last = seek(isBusiness, dayOf(year, month + 1, 0), -1);
    let from = last;
    for (let count = 0; count < before; count++) from = seek(isBusiness, from - DAY, -1);
    let end = last;
    for (let count = 0; count < after; count++) end = seek(isBusiness, end + DAY, 1);
    return { from, to: end + DAY };
  });
}

/** Paydays of a year; on a weekend or holiday they may move to the business day before or after. */
export function paydays(
  year: number,
  days: readonly (number | 'last')[],
  weekend: 'keep' | 'before' | 'after',
  isBusiness: IsBusinessDay,
): Spell[] {
  const spells: Spell[] = [];
  for (let month = 1; month <= 12; month++) {
    const last = dayOf(year, month + 1, 0);
    for (const day of days) {
      // a payday on the 31st is paid on the last day of shorter months
      const nominal = day === 'last' ? last : Math.min(dayOf(year, month, day), last);
      const paid = weekend === 'keep' ? nominal : seek(isBusiness, nominal, weekend === 'before' ? -1 : 1);
      spells.push({ from: paid, to: paid + DAY });
    }
  }
  return spells;
}
