import { DAY, dayOf, weekdayOf, yearOf } from '../wall.ts';
import { type Period, ZoneError } from './zone.ts';

const NAME = '(?:[A-Za-z]{3,}|<[A-Za-z0-9+-]+>)';
const OFFSET = '([+-]?\\d{1,3}(?::\\d{2}){0,2})';
const RULE = ',([^,]+),([^,]+)';
const WHOLE = new RegExp(`^${NAME}${OFFSET}(?:${NAME}${OFFSET}?(?:${RULE})?)?$`);
const DATE = /^(?:M(\d{1,2})\.(\d)\.(\d)|J(\d{1,3})|(\d{1,3}))(?:\/([+-]?\d{1,3}(?::\d{2}){0,2}))?$/;

/**
 * The periods that a POSIX TZ rule gives in [from, to), as zone files carry it in their footer, for example
 * `CET-1CEST,M3.5.0,M10.5.0/3` (IEEE Std 1003.1, chapter 8.3; times may lie outside one day, RFC 8536).
 *
 * @throws ZoneError when the rule cannot be read
 */
export function posixPeriods(rule: string, from: number, to: number): Period[] {
  const found = WHOLE.exec(rule);
  if (!found) throw new ZoneError(`The zone file's rule "${rule.slice(0, 100)}" cannot be read.`);
  const [, west = '', summerWest, start, end] = found;
  const winter = -millis(west);
  if (start === undefined || end === undefined) return [{ since: Number.NEGATIVE_INFINITY, offset: winter }];
  const summer = summerWest === undefined ? winter + 3_600_000 : -millis(summerWest);
  const periods: Period[] = [];
  for (let year = yearOf(from) - 1; year <= yearOf(to) + 1; year++) {
    // the start is told in winter time, the end in summer time
    periods.push({ since: dateOf(start, year) - winter, offset: summer });
    periods.push({ since: dateOf(end, year) - summer, offset: winter });
  }
  return periods.sort((a, b) => a.since - b.since);
}

/** `[+-]h[hh][:mm[:ss]]` in milliseconds. */
function millis(text: string): number {
  const [hours = 0, minutes = 0, seconds = 0] = text.replace(/^[+-]/, '').split(':').map(Number);
  return (text.startsWith('-') ? -1 : 1) * ((hours * 60 + minutes) * 60 + seconds) * 1_000;
}

function dateOf(text: string, year: number): number {
  const found = DATE.exec(text);
  if (!found) throw new ZoneError(`The zone file's rule has a date that cannot be read: "${text.slice(0, 50)}".`);
  const [, month, week, weekday, julian, zeroBased, time = '2'] = found;
  return dayIn(year, { month, week, weekday, julian, zeroBased }) + millis(time);
}

function dayIn(year: number, date: Record<string, string | undefined>): number {
  const { month, week, weekday, julian, zeroBased } = date;
  if (julian !== undefined) {
    // J1 to J365 never count 29 February
    const day = dayOf(2023, 1, Number(julian));
    return dayOf(year, new Date(day).getUTCMonth() + 1, new Date(day).getUTCDate());
  }
  if (zeroBased !== undefined) return dayOf(year, 1, 1 + Number(zeroBased));
  const first = dayOf(year, Number(month), 1);
  const sunday0 = (weekdayOf(first) + 1) % 7;
  let day = first + (((Number(weekday) - sunday0 + 7) % 7) + (Number(week) - 1) * 7) * DAY;
  while (day >= dayOf(year, Number(month) + 1, 1)) day -= 7 * DAY; // week 5 is the last one
  return day;
}
