/**
 * Prints what this process makes of the zones named on its command line: changes of offset from 2024 to 2028,
 * freezes of ten minutes in every gap and fold, and what every form of window gives in the weeks around changes
 * of clocks. Started with different TZ, it must print the same.
 */
import { calendarSection } from '@tillgate/policy';
import { parseFeed } from '../feed/parse-feed.ts';
import { yearOf } from '../print/year.ts';
import { liveCalendar } from '../strands.ts';
import { formatWall, MINUTE } from '../wall.ts';
import { allowInterval, freezeInterval } from '../zones/interval.ts';
import { runtimeZones } from '../zones/runtime-zones.ts';

const from = Date.UTC(2024, 0, 1);
const source = runtimeZones(from, Date.UTC(2029, 0, 1), process.versions.tz);
const told: Record<string, unknown> = {};
for (const name of process.argv.slice(2)) {
  const zone = source.zone(name);
  const [first, ...rest] = zone.periods;
  const changes = rest.map(({ since, offset }, index) => {
    const before = zone.periods[index]?.offset ?? Number.NaN;
    // the middle of the hour that is missing or double
    const wall = since + (before + offset) / 2;
    const spell = { from: wall, to: wall + 10 * MINUTE };
    const freeze = freezeInterval(spell, [zone]);
    const allow = allowInterval(spell, [zone]);
    return {
      at: new Date(since).toISOString().replace('.000Z', 'Z'),
      before: before / MINUTE,
      after: offset / MINUTE,
      wall: formatWall(wall),
      freeze: [freeze.start - since, freeze.end - since].map((millis) => millis / MINUTE),
      allow: allow ? [allow.start - since, allow.end - since].map((millis) => millis / MINUTE) : null,
    };
  });
  told[name] = { first: (first?.offset ?? Number.NaN) / MINUTE, changes };
}

/** Every form of window, at the hours at which clocks change. */
const FORMS = {
  once: { once: { from: '2026-03-29T02:30', to: '2026-03-29T02:45' } },
  weekly: { weekly: [{ days: ['sun'], from: '01:30', to: '02:30' }] },
  daily: { rrule: { start: '2026-03-01T02:30', rule: 'FREQ=DAILY;UNTIL=20261130T000000', lasts: '30m' } },
  monthly: { rrule: { start: '2026-01-01T02:00', rule: 'FREQ=MONTHLY;BYDAY=-1SU', lasts: '1h' } },
  cron: { cron: { start: '30 2 * * 0', end: '15 3 * * 0' } },
  event: { event: { name: 'month-end-close', before: '90m' } },
  feed: { feed: { name: 'promotions' } },
};
const FEED = `BEGIN:VCALENDAR
VERSION:2.0
PRODID:x
BEGIN:VEVENT
UID:1
DTSTART;TZID=America/New_York:20260308T023000
DURATION:PT30M
RRULE:FREQ=WEEKLY;UNTIL=20261201T000000Z
END:VEVENT
BEGIN:VEVENT
UID:2
DTSTART:20261025T013000
DURATION:PT90M
END:VEVENT
END:VCALENDAR`;
const windows = Object.entries(FORMS).map(([name, form]) => [
  name,
  { kind: 'freeze', zone: ['Europe/Berlin', 'Australia/Lord_Howe'], ...form },
]);
const calendar = calendarSection.parse({
  windows: Object.fromEntries(windows),
  feeds: { promotions: { file: 'x.ics' } },
});
const { recurrences } = await parseFeed(Buffer.from(FEED), { name: 'promotions', from, to: Date.UTC(2029, 0, 1) });
const live = await liveCalendar(
  calendar,
  { environment: { name: 'production', timezone: 'Europe/Berlin' }, class: 'standard', kinds: ['application'] },
  new Map([['promotions', recurrences]]),
);
const { occurrences } = yearOf(live, (zone) => [source.zone(zone)], 2026, 'Europe/Berlin');
const forms = occurrences.map(({ window, zone, start, end }) => [window.id, zone, start, end]);
process.stdout.write(JSON.stringify({ zones: told, forms }));
