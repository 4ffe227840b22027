import type { Spell } from '../wall.ts';
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
  let start = Number.POSITIVE_INFINITY;
  let end = Number.NEGATIVE_INFINITY;
  for (const zone of tables) {
    start = Math.min(start, earliest(zone, spell.from));
    end = Math.max(end, latest(zone, spell.to));
  }
  return { start, end };
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
