import { createHash } from 'node:crypto';
import { icsLocal } from '../recurrence/ics-time.ts';
import type { Occurrence, Year } from './year.ts';

/**
 * A year as an iCalendar file for people's own calendars. Times are in UTC, so that no program has to know
 * the zones; an occurrence keeps its UID from one file to the next, so that importing again updates.
 *
 * @param now when the file is made, in milliseconds since the epoch (DTSTAMP)
 */
export async function yearAsIcs({ year, occurrences }: Year, environment: string, now: number): Promise<string> {
  const { default: ICAL } = await import('ical.js');
  const calendar = [
    'vcalendar',
    [
      ['version', {}, 'text', '2.0'],
      ['prodid', {}, 'text', '-//Tillgate//release calendar//EN'],
      ['x-wr-calname', {}, 'unknown', `Release windows of ${environment}, ${year}`],
    ],
    occurrences.map((one) => ['vevent', properties(one, environment, now), []]),
  ];
  return `${ICAL.stringify(calendar as unknown as Parameters<typeof ICAL.stringify>[0])}\r\n`;
}

function properties({ window, zone, start, end }: Occurrence, environment: string, now: number): unknown[] {
  const { id, policy } = window;
  const uid = createHash('sha256').update(`${environment} ${id} ${zone} ${start}`).digest('hex').slice(0, 32);
  const what = policy.kind === 'freeze' ? `Freeze: ${id} (${policy.level})` : `Releases allowed: ${id}`;
  return [
    ['uid', {}, 'text', `${uid}@tillgate.dev`],
    ['dtstamp', {}, 'date-time', utc(now)],
    ['dtstart', {}, 'date-time', utc(start)],
    ['dtend', {}, 'date-time', utc(end)],
    ['summary', {}, 'text', what],
    ['categories', {}, 'text', policy.kind === 'freeze' ? policy.level : 'allow'],
    ['transp', {}, 'text', 'TRANSPARENT'],
    ...(policy.reason === undefined ? [] : [['description', {}, 'text', `${policy.reason} (${zone})`]]),
  ];
}

/** jCal writes times with separators; `ical.js` takes them out. */
function utc(instant: number): string {
  const text = icsLocal(instant);
  return `${text.slice(0, 4)}-${text.slice(4, 6)}-${text.slice(6, 11)}:${text.slice(11, 13)}:${text.slice(13, 15)}Z`;
}
