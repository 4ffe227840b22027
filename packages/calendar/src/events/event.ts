import type { CalendarWindow, EventName } from '@tillgate/policy';
import { parseDuration } from '@tillgate/release';
import { DAY, dayOf, overlap, type Recurrence, type Spell, wallOf, yearOf } from '../wall.ts';
import { closes, type IsBusinessDay, paydays } from './business-days.ts';
import { easter, orthodoxEaster } from './easter.ts';
import {
  blackFriday,
  blackFridayWeekend,
  boxingDay,
  christmas,
  cyberMonday,
  singlesDay,
  thanksgiving,
} from './fixed-and-floating.ts';
import { eidAlAdha, eidAlFitr, ramadan } from './islamic.ts';
import { nrfPeriodEnd, nrfYearEnd } from './nrf.ts';

type EventPolicy = NonNullable<CalendarWindow['event']>;
type Year = (year: number, event: EventPolicy, isBusiness: IsBusinessDay) => Spell[];

const MONTHS = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12];

const close =
  (months: readonly number[]): Year =>
  (year, event, isBusiness) =>
    closes(year, months, isBusiness, event.businessDaysBefore ?? 0, event.businessDaysAfter ?? 0);

/** Each event by name: its spells that begin in a year, before `before` and `after`. */
const EVENTS: Readonly<Record<Exclude<EventName, 'opening-hours'>, Year>> = {
  thanksgiving,
  'black-friday': blackFriday,
  'cyber-monday': cyberMonday,
  'black-friday-weekend': blackFridayWeekend,
  'singles-day': singlesDay,
  christmas,
  'boxing-day': boxingDay,
  easter,
  'orthodox-easter': orthodoxEaster,
  ramadan,
  'eid-al-fitr': eidAlFitr,
  'eid-al-adha': eidAlAdha,
  'nrf-period-end': nrfPeriodEnd,
  'nrf-year-end': nrfYearEnd,
  'month-end-close': close(MONTHS),
  'quarter-end-close': close([3, 6, 9, 12]),
  'year-end-close': close([12]),
  payday: (year, event, isBusiness) => paydays(year, event.days ?? [], event.weekend ?? 'keep', isBusiness),
  'back-to-school': (year, { from = '', to = '' }) => {
    const start = wallOf(`${year}-${from}`);
    const end = wallOf(`${to < from ? year + 1 : year}-${to}`) + DAY;
    return [{ from: start, to: end }];
  },
};

/**
 * The spells of a retail event. Dates that the policy names replace what is computed for the same year.
 *
 * @param isBusiness which days are business days, for closes and paydays
 */
export function event(policy: EventPolicy & { name: keyof typeof EVENTS }, isBusiness: IsBusinessDay): Recurrence {
  const before = parseDuration(policy.before);
  const after = parseDuration(policy.after);
  const named = policy.dates.map(({ from, to }) => ({ from: wallOf(from), to: wallOf(to) + DAY }));
  const years = new Map<number, Spell[]>();
  const inYear = (year: number): Spell[] => {
    const known = named.filter(({ from }) => yearOf(from) === year);
    const spells = known.length > 0 ? known : EVENTS[policy.name](year, policy, isBusiness);
    return spells.map(({ from, to }) => ({ from: from - before, to: to + after }));
  };
  return (from, to) => {
    const spells: Spell[] = [];
    // a spell belongs to the year of its start or the year before, and may be padded
    for (let year = yearOf(from - after) - 1; dayOf(year, 1, 1) <= to + before + 31 * DAY; year++) {
      const known = years.get(year) ?? inYear(year);
      years.set(year, known);
      for (const spell of known) if (overlap(spell, from, to)) spells.push(spell);
    }
    return spells;
  };
}
