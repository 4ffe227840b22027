import { FREEZE_LEVELS } from '@tillgate/policy';
import type { Tables } from './closures.ts';
import type { FreezeSeen } from './seen.ts';
import type { LiveCalendar, LiveWindow } from './strands.ts';
import { DAY } from './wall.ts';
import { allowInterval, freezeInterval, type Interval } from './zones/interval.ts';

/** A window that does nothing within a year is worth a word. */
const LOOK_AHEAD = 366 * DAY;
/** Above this many windows, looking for idle ones is left to `npm run calendar`: a gate must be quick. */
const MOST_WINDOWS = 200;

/**
 * Windows that change nothing within a year, because stricter ones of at least the same reach cover every
 * one of their occurrences: a freeze inside other freezes, an allow window that is frozen whenever it opens.
 * One-off windows that are over do not count: history is no mistake.
 */
export function idleWindows(calendar: LiveCalendar, tables: Tables, at: number): FreezeSeen['idle'] {
  if (calendar.windows.length > MOST_WINDOWS) return [];
  const spells = new Map(calendar.windows.map((window) => [window, intervalsOf(window, tables, at)]));
  const idle: FreezeSeen['idle'] = [];
  for (const window of calendar.windows) {
    const own = spells.get(window) ?? [];
    if (own.length === 0) {
      if (neverHappens(window, at)) idle.push({ window: window.id, why: 'it takes place on no day that exists' });
      continue;
    }
    const told = new Set(idle.map(({ window: id }) => id)); // of two equal windows only one is idle
    const covering = calendar.windows.filter(
      (other) => other !== window && !told.has(other.id) && covers(other, window),
    );
    const cover = covering.flatMap((other) => spells.get(other) ?? []).sort((a, b) => a.start - b.start);
    if (own.every((interval) => isCovered(interval, cover))) {
      const names = covering.filter((other) => touches(spells.get(other) ?? [], own)).map(({ id }) => id);
      idle.push({ window: window.id, why: `whenever it takes place, ${names.join(' and ')} is in force anyway` });
    }
  }
  return idle;
}

function intervalsOf(window: LiveWindow, tables: Tables, at: number): Interval[] {
  const intervals: Interval[] = [];
  for (const { recurrence, clocks } of window.strands) {
    for (const spell of recurrence(at - DAY, at + LOOK_AHEAD + DAY)) {
      for (const { zone } of clocks.list) {
        const interval =
          window.policy.kind === 'freeze' ? freezeInterval(spell, tables(zone)) : allowInterval(spell, tables(zone));
        if (interval && interval.end > at) intervals.push(interval);
      }
    }
  }
  return intervals;
}

/** Whether `other` is at least as strict and speaks of at least the same places by the same clocks. */
function covers(other: LiveWindow, window: LiveWindow): boolean {
  if (other.policy.kind !== 'freeze') return false;
  // what happens once covers nothing that comes again
  if (isOneOff(other) && !isOneOff(window)) return false;
  const stricter = FREEZE_LEVELS.indexOf(other.policy.level) - FREEZE_LEVELS.indexOf(window.policy.level);
  if (stricter < 0) return false;
  const clocks = other.strands.flatMap((strand) => strand.clocks.list);
  const reach = new Set(clocks.flatMap(({ places }) => places));
  return (
    new Set(clocks.map(({ zone }) => zone)).size <= 1 &&
    window.strands.every((strand) => [...strand.clocks.at.keys()].every((place) => reach.has(place)))
  );
}

/** A rule for 29 February waits up to eight years (1896 to 1904); one that waits longer waits for ever. */
function neverHappens(window: LiveWindow, at: number): boolean {
  if (window.policy.rrule === undefined && window.policy.cron === undefined) return false;
  return window.strands.every(({ recurrence }) => recurrence(at, at + 8 * LOOK_AHEAD).length === 0);
}

function isOneOff({ policy }: LiveWindow): boolean {
  return policy.once !== undefined || policy.feed !== undefined;
}

function isCovered({ start, end }: Interval, cover: readonly Interval[]): boolean {
  let edge = start;
  for (const one of cover) {
    if (one.start > edge) break;
    edge = Math.max(edge, one.end);
    if (edge >= end) return true;
  }
  return false;
}

function touches(cover: readonly Interval[], own: readonly Interval[]): boolean {
  return cover.some((one) => own.some(({ start, end }) => one.start < end && one.end > start));
}
