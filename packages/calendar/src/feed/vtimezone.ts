import { CalendarError } from '../calendar-error.ts';
import { rrule } from '../recurrence/rrule.ts';
import { DAY } from '../wall.ts';
import type { Period, Zone } from '../zones/zone.ts';
import { type Component, components, instantIn, localIn, offsetOf, properties, property, ruleText } from './jcal.ts';

/** A zone of the real world has a handful of observances; a hundred is history down to 1900. */
const MOST_OBSERVANCES = 200;

/**
 * A VTIMEZONE as a table: its observances (STANDARD, DAYLIGHT) begin at local times told in the offset that
 * they end.
 *
 * @throws CalendarError when it cannot be read
 */
export async function zoneOf(vtimezone: Component, from: number, to: number): Promise<Zone> {
  const name = String(property(vtimezone, 'tzid')?.value ?? '');
  const observances = [...components(vtimezone, 'standard'), ...components(vtimezone, 'daylight')];
  if (observances.length === 0 || observances.length > MOST_OBSERVANCES) {
    throw new CalendarError(`VTIMEZONE ${name} has ${observances.length} observances, which makes no zone.`);
  }
  const onsets: Period[] = [];
  for (const observance of observances) onsets.push(...(await onsetsOf(observance, name, from, to)));
  onsets.sort((a, b) => a.since - b.since);
  const last = onsets.findLastIndex(({ since }) => since <= from);
  const begin = onsets[Math.max(last, 0)];
  if (!begin) throw new CalendarError(`VTIMEZONE ${name} says nothing about this time.`);
  const periods: Period[] = [{ since: Number.NEGATIVE_INFINITY, offset: begin.offset }];
  for (const onset of onsets.slice(Math.max(last, 0) + 1)) {
    if (onset.since < to && periods.at(-1)?.offset !== onset.offset) periods.push(onset);
  }
  return { name, periods };
}

async function onsetsOf(observance: Component, name: string, from: number, to: number): Promise<Period[]> {
  const before = offsetOf(property(observance, 'tzoffsetfrom'), name);
  const offset = offsetOf(property(observance, 'tzoffsetto'), name);
  const start = localIn(property(observance, 'dtstart'), `VTIMEZONE ${name}`);
  const walls = [start, ...properties(observance, 'rdate').map((date) => localIn(date, `VTIMEZONE ${name}`))];
  const rule = property(observance, 'rrule');
  if (rule) {
    if ((rule.value as { freq?: string }).freq?.toUpperCase() !== 'YEARLY') {
      throw new CalendarError(`VTIMEZONE ${name} changes its clocks other than yearly, which no zone does.`);
    }
    const text = ruleText(rule, (until) => instantIn(until, before));
    const years = await rrule({ start, rule: text, length: 1, except: [], also: [] }, `VTIMEZONE ${name}`);
    // two years before: the onset that is in force at `from`
    walls.push(...years(from - 2 * 366 * DAY, to + DAY).map((spell) => spell.from));
  }
  return [...new Set(walls)].map((wall) => ({ since: wall - before, offset }));
}
