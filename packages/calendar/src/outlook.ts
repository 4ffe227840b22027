import type { FreezeLevel } from '@tillgate/policy';
import type { ReleaseClass } from '@tillgate/release';
import { CalendarError } from './calendar-error.ts';
import type { Clocks } from './clocks.ts';
import { type Closure, closuresOf, strictest, type Tables } from './closures.ts';
import { firstRoom, nextClosing } from './openings.ts';
import type { Place } from './place.ts';
import type { LiveCalendar, LiveWindow } from './strands.ts';
import { Strip } from './strip.ts';
import { DAY, type Spell } from './wall.ts';
import { allowInterval, freezeEnd, freezeStart, type Interval } from './zones/interval.ts';
import type { Zone } from './zones/zone.ts';

/** How far ahead a next opening is looked for; the nearer horizon answers most questions. */
const HORIZONS = [15 * DAY, 400 * DAY];

/** The farthest horizon in milliseconds: zone tables must reach so far. */
export const FARTHEST = 450 * DAY;

/** Wall clocks differ from UTC by less than this. */
const MARGIN = DAY;

/** Enough for ten thousand windows in fifty zones, a hundred of them daily; more is a mistake or an attack. */
const MOST_INTERVALS = 3_000_000;

/** What is asked of a calendar. All times in milliseconds. */
export interface Asked {
  at: number;
  /** Deployment and watch together. */
  need: number;
  class: ReleaseClass;
  tables: Tables;
  /** Until when an exception lifts a window; absent where none does. */
  lifted?: (window: LiveWindow) => number | undefined;
}

/** The answer of a calendar, to the minute. */
export interface Outlook {
  /** Whatever closes or warns between `at` and the end of the watch, exceptions not counted. */
  met: Closure[];
  /** The next moment at which deployment and watch fit for everyone; absent when there is none within 400 days. */
  nextOpening?: number;
  /** When the opening at that moment ends; absent when not within the horizon. */
  opensUntil?: number;
  /** When the opening in which `at` lies ends: `at` itself where it is closed. */
  closesAt?: number;
  /** The next fitting moment of each place on its own; those of one cohort need not wait for all. */
  places: { place: Place; nextOpening?: number }[];
}

/** Looks ahead from a moment: what is in the way, and when there is room for deployment and watch. */
export function outlookOf(calendar: LiveCalendar, asked: Asked): Outlook {
  const { at, need } = asked;
  const met = closuresOf(calendar, asked.tables, at, at + Math.max(need, 1));
  const windows = closingWindows(calendar, asked);
  let outlook: Outlook = { met, places: [] };
  for (const horizon of HORIZONS) {
    outlook = { met, ...ahead(calendar.places, windows, asked, at + horizon) };
    if (outlook.nextOpening !== undefined && outlook.opensUntil !== undefined) break;
  }
  return outlook;
}

/** A window that can close, and until when an exception lifts it. */
interface Closing {
  window: LiveWindow;
  isFreeze: boolean;
  free: number;
}

/** Levels that close for the class: advice closes nothing, and an emergency passes everything (the verdict says so). */
function closingWindows(calendar: LiveCalendar, asked: Asked): Closing[] {
  if (asked.class === 'emergency') return [];
  // one allow window that really closes the time outside it makes all of them count as open hours
  const windows = calendar.windows.filter(({ policy }) => policy.kind === 'allow' || policy.level !== 'advise');
  return windows.map((window) => ({
    window,
    isFreeze: window.policy.kind === 'freeze',
    free: liftedUntil([window], window.policy.level, asked.lifted) ?? 0,
  }));
}

function ahead(
  everywhere: readonly Place[],
  windows: readonly Closing[],
  asked: Asked,
  until: number,
): Omit<Outlook, 'met'> {
  const { at, need } = asked;
  const everyone = new Strip(at, until);
  const strips = { frozen: new Strip(at, until), allowed: new Strip(at, until) };
  const all = within(windows, at, until);
  const places: Outlook['places'] = [];
  for (const place of everywhere) {
    const closed = closedAt(place, all, asked, strips);
    for (const { start, end } of closed) everyone.coverTouched(start, end);
    const room = firstRoom(closed, at, need);
    places.push({ place, ...(room + need <= until && { nextOpening: room }) });
  }
  const closed = everyone.covered();
  const opening = firstRoom(closed, at, need);
  const opensUntil = nextClosing(closed, opening);
  const closesAt = nextClosing(closed, at);
  return {
    places,
    ...(opening + need <= until && { nextOpening: opening, ...(opensUntil !== undefined && { opensUntil }) }),
    ...(closesAt !== undefined && { closesAt }),
  };
}

/** What takes place within a horizon on the same clocks. */
interface Within {
  clocks: Clocks;
  /** All freezes that nothing lifts, joined on the clock on the wall: daylight saving then has to be asked once. */
  frozen: readonly Spell[];
  /** What has to be told apart: allow windows, and freezes that an exception lifts for a time. */
  others: { closing: Closing; spells: readonly Spell[] }[];
}

function within(windows: readonly Closing[], from: number, to: number): Within[] {
  const byClocks = new Map<Clocks, Within['others']>();
  let count = 0;
  for (const closing of windows) {
    for (const { recurrence, clocks } of closing.window.strands) {
      const spells = recurrence(from - MARGIN, to + MARGIN);
      count += spells.length * clocks.list.length;
      if (count > MOST_INTERVALS) throw tooMany(from, to);
      const known = byClocks.get(clocks);
      if (known) known.push({ closing, spells });
      else byClocks.set(clocks, [{ closing, spells }]);
    }
  }
  const wall = new Strip(from - MARGIN, to + MARGIN);
  return [...byClocks].map(([clocks, all]) => {
    wall.clear();
    const others: Within['others'] = [];
    for (const one of all) {
      if (!one.closing.isFreeze || one.closing.free > 0) others.push(one);
      else for (const spell of one.spells) wall.coverTouched(spell.from, spell.to);
    }
    return { clocks, frozen: wall.covered().map(({ start, end }) => ({ from: start, to: end })), others };
  });
}

/** When a place is closed, exceptions counted. */
function closedAt(place: Place, all: readonly Within[], asked: Asked, { frozen, allowed }: Strips): Interval[] {
  frozen.clear();
  allowed.clear();
  const allows: LiveWindow[] = [];
  for (const { clocks, frozen: joined, others } of all) {
    for (const zone of clocks.at.get(place) ?? []) {
      const tables = asked.tables(zone);
      coverFreezes(frozen, joined, tables, 0);
      for (const { closing, spells } of others) {
        if (closing.isFreeze) coverFreezes(frozen, spells, tables, closing.free);
        else {
          coverAllowed(allowed, spells, tables);
          allows.push(closing.window);
        }
      }
    }
  }
  const level = allows.length === 0 ? 'advise' : strictest(allows);
  if (level !== 'advise') {
    const free = liftedUntil(allows, level, asked.lifted) ?? 0;
    for (const { start, end } of allowed.uncovered()) frozen.coverTouched(Math.max(start, free), end);
  }
  return frozen.covered();
}

/** Strips that are used again for every place. */
interface Strips {
  frozen: Strip;
  allowed: Strip;
}

function coverFreezes(strip: Strip, spells: readonly Spell[], tables: readonly Zone[], free: number): void {
  for (const { from, to } of spells) {
    strip.coverTouched(Math.max(freezeStart(from, tables), free), freezeEnd(to, tables));
  }
}

function coverAllowed(strip: Strip, spells: readonly Spell[], tables: readonly Zone[]): void {
  for (const spell of spells) {
    const interval = allowInterval(spell, tables);
    if (interval) strip.coverWhole(interval.start, interval.end);
  }
}

/** Until when exceptions lift any of these windows. At level block-all-but-emergency none does. */
function liftedUntil(windows: readonly LiveWindow[], level: FreezeLevel, lifted: Asked['lifted']): number | undefined {
  if (!lifted || level === 'block-all-but-emergency') return undefined;
  const ends = windows.map(lifted).filter((end) => end !== undefined);
  return ends.length === 0 ? undefined : Math.max(...ends);
}

function tooMany(from: number, to: number): CalendarError {
  return new CalendarError(
    `The calendar closes more than ${MOST_INTERVALS} times in ${Math.round((to - from) / DAY)} days. Look for rules that repeat too often.`,
  );
}
