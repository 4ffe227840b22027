import { describe, expect, it } from '@jest/globals';
import { instantOf } from '@tillgate/release';
import fc from 'fast-check';
import { observeCalendar } from './observe.ts';
import { question } from './testing/calendar.ts';
import { type Calendar, isOpen } from './testing/minute-by-minute.ts';

const MINUTE = 60_000;
/** Zones whose clocks change on several days of the weeks that the properties look at, by an hour, half an hour and two. */
const CHANGING = ['Europe/Berlin', 'America/New_York', 'Australia/Lord_Howe', 'Antarctica/Troll', 'Africa/Casablanca'];
const STEADY = ['UTC', 'Asia/Tokyo', 'Asia/Kathmandu', 'America/Phoenix'];
const DAYS = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const;

const pad = (number: number) => String(number).padStart(2, '0');
const time = fc
  .tuple(fc.integer({ min: 0, max: 23 }), fc.constantFrom(0, 10, 30, 45))
  .map(([h, m]) => `${pad(h)}:${pad(m)}`);
// around the changes of spring and autumn 2026
const date = fc.oneof(
  fc.integer({ min: 6, max: 31 }).map((day) => `2026-03-${pad(day)}`),
  fc.integer({ min: 2, max: 30 }).map((day) => `2026-10-${pad(day)}`),
);

const when = fc.oneof(
  fc.tuple(date, time, fc.integer({ min: 10, max: 3000 })).map(([day, at, length]) => {
    const from = `${day}T${at}`;
    const to = new Date(Date.parse(`${from}Z`) + length * MINUTE).toISOString().slice(0, 16);
    return { once: { from, to } };
  }),
  fc
    .tuple(fc.subarray([...DAYS], { minLength: 1 }), time, time)
    .map(([days, from, to]) => ({ weekly: [{ days, from, to }] })),
  fc.tuple(time, fc.integer({ min: 0, max: 6 }), fc.integer({ min: 1, max: 600 })).map(([at, day, length]) => ({
    cron: { start: `${Number(at.slice(3))} ${Number(at.slice(0, 2))} * * ${day}`, lasts: `${length}m` },
  })),
  fc.tuple(time, fc.integer({ min: 1, max: 4 }), fc.integer({ min: 1, max: 1000 })).map(([at, interval, length]) => ({
    rrule: { start: `2026-01-05T${at}`, rule: `FREQ=DAILY;INTERVAL=${interval}`, lasts: `${length}m` },
  })),
);

function calendars(zones: string[]): fc.Arbitrary<Calendar> {
  const zone = fc.oneof(
    fc.constant('environment' as const),
    fc.constant('tenants' as const),
    fc.constantFrom(...zones),
    fc.subarray(zones, { minLength: 2, maxLength: 2 }),
  );
  const window = fc
    .tuple(fc.constantFrom('freeze', 'freeze', 'freeze', 'allow'), when, zone, fc.constantFrom(undefined, ['outlet']))
    .map(([kind, at, where, segments]) => ({ kind, zone: where, scope: segments ? { segments } : {}, ...at }) as const);
  const tenant = fc.record({ zone: fc.constantFrom(...zones), segment: fc.constantFrom('outlet', 'flagship') });
  return fc.record({
    windows: fc.dictionary(fc.constantFrom('a', 'b', 'c', 'd', 'e'), window, { minKeys: 1 }),
    tenants: fc.dictionary(fc.constantFrom('one', 'two', 'three'), tenant),
  }) as fc.Arbitrary<Calendar>;
}

const moment = fc.oneof(
  fc.integer({ min: 0, max: 25 * 1440 }).map((minutes) => Date.UTC(2026, 2, 8) + minutes * MINUTE),
  fc.integer({ min: 0, max: 28 * 1440 }).map((minutes) => Date.UTC(2026, 9, 3) + minutes * MINUTE),
);
const need = fc.integer({ min: 1, max: 300 });

async function offered(calendar: Calendar, zone: string, at: number, minutes: number) {
  const seen = await observeCalendar(
    question(calendar, instantOf(at), {
      environment: { name: 'production', timezone: zone },
      deployMs: minutes * MINUTE,
      watchMs: 0,
    }),
  );
  return seen.nextOpening === undefined ? undefined : Date.parse(seen.nextOpening);
}

describe('a slot that is offered', () => {
  it('is open for its whole length, minute by minute, through every change of clocks', async () => {
    await fc.assert(
      fc.asyncProperty(
        calendars([...CHANGING, 'UTC']),
        fc.constantFrom(...CHANGING),
        moment,
        need,
        async (calendar, zone, at, minutes) => {
          const start = await offered(calendar, zone, at, minutes);
          if (start === undefined) return;
          expect(start).toBeGreaterThanOrEqual(at);
          const closed: string[] = [];
          for (let minute = 0; minute < minutes; minute++) {
            const instant = start + minute * MINUTE;
            if (!isOpen(calendar, zone, instant)) closed.push(instantOf(instant));
          }
          expect(closed).toEqual([]);
        },
      ),
      { numRuns: 150 },
    );
  });

  it('is the first one, where no clock changes', async () => {
    await fc.assert(
      fc.asyncProperty(
        calendars(STEADY),
        fc.constantFrom(...STEADY),
        moment,
        need,
        async (calendar, zone, at, minutes) => {
          const start = await offered(calendar, zone, at, minutes);
          // look for an earlier one, for two days at most
          const until = Math.min(start ?? Number.POSITIVE_INFINITY, at + 2 * 1440 * MINUTE);
          let open = 0;
          let earlier: number | undefined;
          for (let instant = at; instant < until + (minutes - 1) * MINUTE; instant += MINUTE) {
            open = isOpen(calendar, zone, instant) ? open + 1 : 0;
            if (open >= minutes) earlier ??= instant - (minutes - 1) * MINUTE;
          }
          expect(earlier === undefined ? 'none' : instantOf(earlier)).toBe('none');
        },
      ),
      { numRuns: 25 },
    );
  });
});
