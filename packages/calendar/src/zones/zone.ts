import type { Wall } from '../wall.ts';

/** From this instant on (inclusive) local time is UTC plus this offset, both in milliseconds. */
export interface Period {
  since: number;
  offset: number;
}

/** A time zone over a range of years: its periods, ascending, the first since minus infinity. */
export interface Zone {
  readonly name: string;
  readonly periods: readonly Period[];
}

/** Where zones come from, and how old that knowledge is. */
export interface ZoneSource {
  /** Release of the time-zone database, for example `2026c`; absent where it cannot be told. */
  readonly release?: string;
  /** @throws ZoneError when the zone is not known here */
  zone(name: string): Zone;
}

/** Raised when a zone is not known, or its data cannot be read. */
export class ZoneError extends Error {
  override readonly name = 'ZoneError';
}

/**
 * What a local time means in a zone. Most are one instant (`first` equals `last`). In a fold, when clocks
 * go back, it happens twice. In a gap, when clocks go forward, it never happens: then `gap` is the instant
 * of the jump, and `beyond` how far into the gap the local time lies.
 */
type Meaning = { first: number; last: number } | { gap: number; beyond: number };

/** Finds the instants that a local time stands for. */
export function meaningOf(zone: Zone, wall: Wall): Meaning {
  const { periods } = zone;
  let first: number | undefined;
  let last: number | undefined;
  for (let index = 0; index < periods.length; index++) {
    const { since, offset } = periods[index] as Period;
    const until = periods[index + 1]?.since ?? Number.POSITIVE_INFINITY;
    const instant = wall - offset;
    if (instant < since) break; // later periods start later still, also by their own clock
    if (instant < until) {
      first ??= instant;
      last = instant;
    }
  }
  if (first !== undefined && last !== undefined) return { first, last };
  for (let index = 1; index < periods.length; index++) {
    const { since, offset } = periods[index] as Period;
    const before = (periods[index - 1] as Period).offset;
    if (wall >= since + before && wall < since + offset) return { gap: since, beyond: wall - (since + before) };
  }
  throw new ZoneError(`${zone.name} gives no meaning to the local time ${wall}: its periods contradict each other.`);
}

/** The first instant that a local time can stand for; in a gap, the moment of the jump. */
export function earliest({ periods }: Zone, wall: Wall): number {
  for (let index = 0; ; index++) {
    const { since, offset } = periods[index] as Period;
    const until = periods[index + 1]?.since;
    if (until === undefined || wall - offset < until) return Math.max(wall - offset, since);
  }
}

/** The last instant that a local time can stand for; in a gap, as far behind the jump as it lies in the gap. */
export function latest({ periods }: Zone, wall: Wall): number {
  for (let index = periods.length - 1; ; index--) {
    const { since, offset } = periods[index] as Period;
    if (index === 0 || wall - offset >= since) return wall - offset;
  }
}

/** The zone's offset from UTC at an instant, in milliseconds. */
function offsetAt(zone: Zone, instant: number): number {
  const { periods } = zone;
  let offset = (periods[0] as Period).offset;
  for (const period of periods) {
    if (period.since > instant) break;
    offset = period.offset;
  }
  return offset;
}

/** Local time at an instant. */
export function wallAt(zone: Zone, instant: number): Wall {
  return instant + offsetAt(zone, instant);
}

/** Whether two zones keep the same time throughout [from, to). */
export function agree(a: Zone, b: Zone, from: number, to: number): boolean {
  const edges = [...a.periods, ...b.periods].map(({ since }) => since).filter((since) => since > from && since < to);
  return [from, ...edges].every((instant) => offsetAt(a, instant) === offsetAt(b, instant));
}
