import { DAY, dayOf, type Spell, weekdayOf } from '../wall.ts';

/**
 * The 4-5-4 calendar of the National Retail Federation: a fiscal year ends on the Saturday nearest to
 * 31 January, quarters have periods of four, five and four weeks, and where the year has 53 weeks the last
 * period has five.
 */
const WEEKS = [4, 5, 4, 4, 5, 4, 4, 5, 4, 4, 5, 4];
const WEEK = 7 * DAY;
const SATURDAY = 5;

/** Midnight after the last day of a fiscal year; fiscal year 2026 ends in January 2027. */
function endOf(fiscalYear: number): number {
  const last = dayOf(fiscalYear + 1, 1, 31);
  const ahead = (SATURDAY - weekdayOf(last) + 7) % 7;
  return last + (ahead > 3 ? ahead - 7 : ahead) * DAY + DAY;
}

/** The twelve periods of a fiscal year, February to January. */
export function nrfPeriods(fiscalYear: number): Spell[] {
  let from = endOf(fiscalYear - 1);
  const end = endOf(fiscalYear);
  return WEEKS.map((weeks, index) => {
    const to = index === WEEKS.length - 1 ? end : from + weeks * WEEK;
    const period = { from, to };
    from = to;
    return period;
  });
}

const lastDay = ({ to }: Spell): Spell => ({ from: to - DAY, to });

/** The Saturday that ends each period. */
export const nrfPeriodEnd = (fiscalYear: number) => nrfPeriods(fiscalYear).map(lastDay);

/** The Saturday that ends the fiscal year. */
export const nrfYearEnd = (fiscalYear: number) => nrfPeriods(fiscalYear).slice(-1).map(lastDay);
