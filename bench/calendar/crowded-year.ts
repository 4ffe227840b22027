import type { CalendarQuestion } from '@tillgate/calendar';
import { calendarSection } from '@tillgate/policy';
import { digestOf } from '@tillgate/release';
import type * as z from 'zod';

type Calendar = NonNullable<z.input<typeof calendarSection>>;

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** The question of one release on the second of January, which needs three hours. */
export function question(calendar: Calendar): CalendarQuestion {
  const at = '2026-01-02T12:00:00.000Z';
  return {
    calendar: calendarSection.parse(calendar),
    policy: digestOf('the policy'),
    environment: { name: 'production', timezone: 'Europe/Berlin' },
    class: 'standard',
    kinds: ['application'],
    release: digestOf('a release'),
    purpose: 'release',
    at,
    now: at,
    deployMs: HOUR,
    watchMs: 2 * HOUR,
    clock: { source: 'benchmark' },
  };
}

/** 24 zones in which shops stand, east to west. */
const ZONES = [
  'Pacific/Auckland',
  'Australia/Sydney',
  'Australia/Adelaide',
  'Asia/Tokyo',
  'Asia/Shanghai',
  'Asia/Bangkok',
  'Asia/Kathmandu',
  'Asia/Kolkata',
  'Asia/Karachi',
  'Asia/Dubai',
  'Asia/Riyadh',
  'Europe/Istanbul',
  'Europe/Helsinki',
  'Africa/Cairo',
  'Europe/Berlin',
  'Europe/London',
  'Atlantic/Azores',
  'America/Sao_Paulo',
  'America/St_Johns',
  'America/New_York',
  'America/Chicago',
  'America/Denver',
  'America/Los_Angeles',
  'Pacific/Honolulu',
];

/**
 * A year in which a release of some hours fits nowhere before December: freezes leave gaps, but short ones. Every
 * window therefore has to be looked at, whatever the order.
 *
 * @param windows how many; of those beyond the chain that fills the year, one in ten repeats
 * @param tenants how many, spread over 24 zones; their freezes go by their own clocks
 */
export function crowdedYear(windows: number, tenants = 0): Calendar {
  const start = Date.UTC(2026, 0, 1);
  const length = 330 * DAY;
  const made: NonNullable<Calendar['windows']> = {};
  const zone = tenants > 0 ? 'tenants' : 'environment';
  const chain = Math.min(windows, 100);
  for (let index = 0; index < chain; index++) {
    const from = start + Math.floor((length / chain) * index);
    // an hour is left between two freezes, too short for anything
    once(`chain-${index}`, from, from + Math.floor(length / chain) - HOUR);
  }
  for (let index = chain; index < windows; index++) {
    const from = start + Math.floor(((length - 12 * HOUR) / windows) * ((index * 7_919) % windows));
    if (index % 20 === 0) {
      made[`weekly-${index}`] = { kind: 'freeze', zone, weekly: [{ days: ['sat'], from: '10:00', to: '16:00' }] };
    } else if (index % 20 === 10) {
      const rule = `FREQ=MONTHLY;BYMONTHDAY=${1 + (index % 28)}`;
      made[`rule-${index}`] = { kind: 'freeze', zone, rrule: { start: '2026-01-01T20:00', rule, lasts: '2h' } };
    } else once(`window-${index}`, from, from + (10 + (index % 600)) * MINUTE);
  }
  return { windows: made, ...(tenants > 0 && { tenants: people(tenants) }) };

  function once(name: string, from: number, to: number): void {
    made[name] = { kind: 'freeze', zone, once: { from: wall(from), to: wall(to) } };
  }
}

function people(count: number): NonNullable<Calendar['tenants']> {
  return Object.fromEntries(
    Array.from({ length: count }, (_, index) => [
      `tenant-${index}`,
      { zone: ZONES[index % ZONES.length] as string, segment: index % 3 === 0 ? 'flagship' : 'outlet' },
    ]),
  );
}

function wall(millis: number): string {
  return new Date(millis).toISOString().slice(0, 16);
}
