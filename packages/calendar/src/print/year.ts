import { FREEZE_LEVELS, type FreezeLevel } from '@tillgate/policy';
import type { Tables } from '../closures.ts';
import type { LiveCalendar, LiveWindow } from '../strands.ts';
import { DAY, dayOf, type Wall } from '../wall.ts';
import { allowInterval, freezeInterval, type Interval } from '../zones/interval.ts';
import { latest } from '../zones/zone.ts';

/** One time at which a window is on, in one zone. */
export interface Occurrence extends Interval {
  window: LiveWindow;
  zone: string;
}

/** A year as people look at it: on the clock of one zone. */
export interface Year {
  year: number;
  zone: string;
  /** In order of their start. */
  occurrences: Occurrence[];
  /** Every day of the year, as that zone has them. */
  days: { wall: Wall; start: number; end: number }[];
}

/** Everything that a calendar says of a year. */
export function yearOf(calendar: LiveCalendar, tables: Tables, year: number, zone: string): Year {
  const table = tables(zone)[0];
  if (!table) throw new RangeError(`There is no table of ${zone}.`);
  const days: Year['days'] = [];
  for (let wall = dayOf(year, 1, 1); wall < dayOf(year + 1, 1, 1); wall += DAY) {
    days.push({ wall, start: latest(table, wall), end: latest(table, wall + DAY) });
  }
  const from = days[0]?.start ?? 0;
  const to = days.at(-1)?.end ?? 0;
  const occurrences = calendar.windows.flatMap((window) => occurrencesOf(window, tables, from, to));
  occurrences.sort((a, b) => a.start - b.start || a.end - b.end);
  return { year, zone, occurrences, days };
}

function occurrencesOf(window: LiveWindow, tables: Tables, from: number, to: number): Occurrence[] {
  const found: Occurrence[] = [];
  const resolve = window.policy.kind === 'freeze' ? freezeInterval : allowInterval;
  for (const { recurrence, clocks } of window.strands) {
    for (const spell of recurrence(from - DAY, to + DAY)) {
      for (const { zone } of clocks.list) {
        const interval = resolve(spell, tables(zone));
        if (interval && interval.start < to && interval.end > from) found.push({ ...interval, window, zone });
      }
    }
  }
  return found;
}

/** What a day is like: the strictest freeze on it, and how much of the day is frozen or open. */
interface DayView {
  level?: FreezeLevel;
  /** Share of the day, 0 to 1, in which a freeze is on. */
  frozen: number;
  /** Share of the day that allow windows name; 1 where there are none. */
  allowed: number;
  windows: string[];
}

/** The days of a year, one by one. */
export function dayViews({ occurrences, days }: Year): DayView[] {
  const hasAllow = occurrences.some(({ window }) => window.policy.kind === 'allow');
  return days.map(({ start, end }) => {
    const here = occurrences.filter((one) => one.start < end && one.end > start);
    const freezes = here.filter(({ window }) => window.policy.kind === 'freeze');
    const allows = here.filter(({ window }) => window.policy.kind === 'allow');
    const ranks = freezes.map(({ window }) => FREEZE_LEVELS.indexOf(window.policy.level));
    const level = FREEZE_LEVELS[Math.max(...ranks)];
    return {
      ...(level && { level }),
      frozen: share(freezes, start, end),
      allowed: hasAllow ? share(allows, start, end) : 1,
      windows: [...new Set(freezes.map(({ window }) => window.id))],
    };
  });
}

/** The share of [start, end) that intervals in order of their start cover. */
function share(intervals: readonly Interval[], start: number, end: number): number {
  let covered = 0;
  let edge = start;
  for (const one of intervals) {
    const from = Math.max(one.start, edge);
    const to = Math.min(one.end, end);
    if (to > from) covered += to - from;
    edge = Math.max(edge, to);
  }
  return covered / (end - start);
}
