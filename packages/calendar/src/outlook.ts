import type { ReleaseClass } from '@tillgate/release';
import { type Closure, closuresOf, type Tables } from './closures.ts';
import { nextOpening, openUntil } from './openings.ts';
import type { Place } from './place.ts';
import type { LiveCalendar, LiveWindow } from './strands.ts';
import { DAY } from './wall.ts';

/** How far ahead a next opening is looked for; nearer horizons are tried first. */
const HORIZONS = [15 * DAY, 60 * DAY, 400 * DAY];

/** The farthest horizon in milliseconds: zone tables must reach so far. */
export const FARTHEST = 450 * DAY;

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

/** The answer of a calendar. */
export interface Outlook {
  /** Whatever closes or warns between `at` and the end of the watch, exceptions not counted, by start. */
  met: Closure[];
  /** The next moment at which deployment and watch fit for everyone; absent when there is none within 400 days. */
  nextOpening?: number;
  /** When the opening at that moment ends; absent when not within the horizon. */
  opensUntil?: number;
  /** When the opening in which `at` lies ends. */
  closesAt?: number;
  /** The next fitting moment of each place on its own; those of one cohort need not wait for all. */
  places: { place: Place; nextOpening?: number }[];
}

/** Whether a level closes for a class: an emergency passes every level, and its verdict says so. */
export function closesFor(closure: Closure, releaseClass: ReleaseClass): boolean {
  return closure.level !== 'advise' && releaseClass !== 'emergency';
}

/** Looks ahead from a moment: what is in the way, and when there is room for deployment and watch. */
export function outlookOf(calendar: LiveCalendar, asked: Asked): Outlook {
  const { at, need } = asked;
  for (const horizon of HORIZONS) {
    const until = at + horizon;
    const seen = closuresOf(calendar, asked.tables, at, until);
    const last = horizon === HORIZONS.at(-1);
    const outlook = answer(seen, asked, until);
    if (last || (outlook.nextOpening !== undefined && need < horizon)) return outlook;
  }
  throw new RangeError('There is no last horizon.'); // unreachable: the loop returns at the last one
}

function answer(seen: ReadonlyMap<Place, Closure[]>, asked: Asked, until: number): Outlook {
  const { at, need } = asked;
  const all = new Set<Closure>();
  const places: Outlook['places'] = [];
  const fits = (moment: number) => (moment + need <= until ? moment : undefined);
  for (const [place, closures] of seen) {
    for (const closure of closures) all.add(closure);
    if (seen.size > 1) places.push(placed(place, fits(nextOpening(closing(closures, asked), at, need))));
  }
  const closed = closing([...all], asked);
  const opening = fits(nextOpening(closed, at, need));
  const opensUntil = opening === undefined ? undefined : openUntil(closed, opening);
  const closesAt = openUntil(closed, at);
  const met = [...all].filter(({ start, end }) => end > at && start < at + Math.max(need, 1)).sort(byStart);
  if (seen.size === 1) places.push(...[...seen.keys()].map((place) => placed(place, opening)));
  return {
    met,
    places,
    ...(opening !== undefined && { nextOpening: opening }),
    ...(opensUntil !== undefined && { opensUntil }),
    ...(closesAt !== undefined && { closesAt }),
  };
}

function placed(place: Place, opening: number | undefined): Outlook['places'][number] {
  return { place, ...(opening !== undefined && { nextOpening: opening }) };
}

/** What really closes, sorted by start: levels that close for the class, less what exceptions lift. */
function closing(closures: readonly Closure[], asked: Asked): { start: number; end: number }[] {
  const closed: { start: number; end: number }[] = [];
  for (const closure of closures) {
    if (!closesFor(closure, asked.class)) continue;
    const until = liftedUntil(closure, asked.lifted);
    if (until === undefined) closed.push(closure);
    else if (until < closure.end) closed.push({ start: Math.max(closure.start, until), end: closure.end });
  }
  return closed.sort(byStart);
}

function byStart(a: { start: number }, b: { start: number }): number {
  return a.start - b.start;
}

/** Until when exceptions lift a closure. At level block-all-but-emergency none does. */
function liftedUntil(closure: Closure, lifted: Asked['lifted']): number | undefined {
  if (!lifted || closure.level === 'block-all-but-emergency') return undefined;
  const ends = closure.liftedBy.map(lifted).filter((end) => end !== undefined);
  return ends.length === 0 ? undefined : Math.max(...ends);
}
