import type { Interval } from './zones/interval.ts';

/**
 * The first moment from `from` on at which nothing is closed for `need` milliseconds.
 *
 * @param closed sorted by start
 */
export function nextOpening(closed: readonly Interval[], from: number, need: number): number {
  let candidate = from;
  for (const { start, end } of closed) {
    // a need of nothing still has to find the moment itself open
    if (start >= candidate + Math.max(need, 1)) break;
    if (end > candidate) candidate = end;
  }
  return candidate;
}

/** When the opening in which `at` lies ends: the next start of a closure; `at` itself where it is closed. */
export function openUntil(closed: readonly Interval[], at: number): number | undefined {
  let next: number | undefined;
  for (const { start, end } of closed) {
    if (end <= at) continue;
    if (start <= at) return at;
    next = next === undefined ? start : Math.min(next, start);
    break; // sorted: no later one starts earlier
  }
  return next;
}
