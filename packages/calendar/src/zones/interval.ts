import type { Spell } from '../wall.ts';
import { meaningOf, type Zone } from './zone.ts';

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
    const from = meaningOf(zone, spell.from);
    const to = meaningOf(zone, spell.to);
    start = Math.min(start, 'gap' in from ? from.gap : from.first);
    end = Math.max(end, 'gap' in to ? to.gap + to.beyond : to.last);
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
    const to = meaningOf(zone, spell.to);
    if ('gap' in from) return undefined;
    start = Math.max(start, from.last);
    end = Math.min(end, 'gap' in to ? to.gap : to.first);
  }
  return start < end ? { start, end } : undefined;
}
