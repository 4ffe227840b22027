import { FREEZE_LEVELS, type FreezeLevel } from '@tillgate/policy';
import type { Place } from './place.ts';
import type { LiveCalendar, LiveWindow } from './strands.ts';
import { DAY } from './wall.ts';
import { allowInterval, freezeInterval, type Interval } from './zones/interval.ts';
import type { Zone } from './zones/zone.ts';

/** A stretch of real time in which a window closes (or, at level advise, warns). */
export interface Closure extends Interval {
  /** The freeze; or the allow window outside whose hours this lies: the one that opens next. */
  window: LiveWindow;
  level: FreezeLevel;
  /** An exception for any of these lifts it: the freeze itself, or all allow windows of the place. */
  liftedBy: readonly LiveWindow[];
  zone: string;
  places: readonly Place[];
}

/** The tables of a zone: one, or two where two sources disagree. */
export type Tables = (zone: string) => readonly Zone[];

/** Everything that closes or warns in [from, to), for whatever place and in no particular order. */
export function closuresOf(calendar: LiveCalendar, tables: Tables, from: number, to: number): Closure[] {
  const freezes = calendar.windows.filter(({ policy }) => policy.kind === 'freeze');
  return [...freezes.flatMap((window) => freezesOf(window, tables, from, to)), ...outside(calendar, tables, from, to)];
}

/** Wall clocks differ from UTC by less than this. */
const MARGIN = DAY;

function freezesOf(window: LiveWindow, tables: Tables, from: number, to: number): Closure[] {
  const closures: Closure[] = [];
  const liftedBy = [window];
  const { level } = window.policy;
  for (const { recurrence, clocks } of window.strands) {
    const spells = recurrence(from - MARGIN, to + MARGIN);
    if (spells.length === 0) continue;
    for (const { zone, places } of clocks.list) {
      const known = tables(zone);
      for (const spell of spells) {
        const { start, end } = freezeInterval(spell, known);
        if (start < to && end > from) closures.push({ start, end, window, level, liftedBy, zone, places });
      }
    }
  }
  return closures;
}

/** How far beyond the question a next opening is looked for, so that a closure tells its real end. */
const BEYOND = 15 * DAY;

/** The time outside allow windows: where any apply to a place, all of them together are its open hours. */
function outside(calendar: LiveCalendar, tables: Tables, from: number, to: number): Closure[] {
  const groups = new Map<string, { places: Place[]; windows: LiveWindow[] }>();
  const allows = calendar.windows.filter(({ policy }) => policy.kind === 'allow');
  for (const place of calendar.places) {
    const own = allows.filter(({ strands }) => strands.some(({ clocks }) => clocks.at.has(place)));
    if (own.length === 0) continue;
    const key = JSON.stringify([
      place.zone,
      own.map(({ id }) => id),
      own.some(({ policy }) => policy.event) ? place.hours : null,
    ]);
    const group = groups.get(key) ?? { places: [], windows: own };
    group.places.push(place);
    groups.set(key, group);
  }
  return [...groups.values()].flatMap(({ places, windows }) => gaps(places, windows, tables, from, to));
}

function gaps(places: Place[], windows: LiveWindow[], tables: Tables, from: number, to: number): Closure[] {
  const place = places[0] as Place;
  const open: (Interval & { window: LiveWindow })[] = [];
  for (const window of windows) {
    for (const { recurrence, clocks } of window.strands) {
      const spells = recurrence(from - BEYOND - MARGIN, to + BEYOND + MARGIN);
      for (const zone of clocks.at.get(place) ?? []) {
        for (const spell of spells) {
          const interval = allowInterval(spell, tables(zone));
          if (interval) open.push({ ...interval, window });
        }
      }
    }
  }
  open.sort((a, b) => a.start - b.start);
  const level = strictest(windows);
  const closures: Closure[] = [];
  const close = (start: number, end: number, window: LiveWindow) => {
    if (start < to && end > from && start < end)
      closures.push({ start, end, window, level, liftedBy: windows, zone: place.zone, places });
  };
  let edge = from - BEYOND;
  for (const { start, end, window } of open) {
    close(edge, start, window);
    edge = Math.max(edge, end);
  }
  close(edge, to + BEYOND, windows[0] as LiveWindow);
  return closures;
}

/** The strictest level among windows. */
export function strictest(windows: readonly LiveWindow[]): FreezeLevel {
  const ranks = windows.map(({ policy }) => FREEZE_LEVELS.indexOf(policy.level));
  return FREEZE_LEVELS[Math.max(...ranks)] as FreezeLevel;
}
