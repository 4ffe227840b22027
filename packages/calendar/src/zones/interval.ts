import type { Spell, Wall } from '../wall.ts';
import { earliest, latest, meaningOf, type Zone } from './zone.ts';

/** A stretch of real time, half-open, in milliseconds since the epoch. */
export interface Interval {
  start: number;
  end: number;
}

/**
 * A freeze in real time. It never gets shorter by daylight saving: a start in a gap is the moment of the
 * jump, an end in a gap lies as far behind the jump as into the gap; in a fold the first start and the last
 * end count. Where several tables of one zone disagree, the widest answer counts.
 */
export function freezeInterval(spell: Spell, tables: readonly Zone[]): Interval {
  return { start: freezeStart(spell.from, tables), end: freezeEnd(spell.to, tables) };
}

/** The start of a freeze, see `freezeInterval`. */
export function freezeStart(from: Wall, tables: readonly Zone[]): number {
  let start = Number.POSITIVE_INFINITY;
  for (let index = 0; index < tables.length; index++) start = Math.min(start, earliest(tables[index] as Zone, from));
  return start;
}

/** The end of a freeze, see `freezeInterval`. */
export function freezeEnd(to: Wall, tables: readonly Zone[]): number {
  let end = Number.NEGATIVE_INFINITY;
  for (let index = 0; index < tables.length; index++) end = Math.max(end, latest(tables[index] as Zone, to));
  return end;
}

/**
 * An allow window in real time, or none. It never gets longer by daylight saving: one whose start falls in
 * a gap is skipped, as RFC 5545 says of every generated start; an end in a gap is the moment of the jump; in
 * a fold the last start and the first end count. Where tables disagree, only what all of them allow.
 */
export function allowInterval(spell: Spell, tables: readonly Zone[]): Interval | undefined {
  let start = Number.NEGATIVE_INFINITY;
  let end = Number.POSITIVE_INFINITY;
  for (const zone of tables) {
    const from = meaningOf(zone, spell.from);
    if ('gap' in from) return undefined;
    start = Math.max(start, from.last);
    end = Math.min(end, earliest(zone, spell.to));
  }
  return start < end ? { start, end } : undefined;
}
