import type { Interval } from './zones/interval.ts';

/**
 * The first moment from `at` on at which nothing is closed for `need` milliseconds.
 *
 * @param closed in order and apart from each other
 */
export function firstRoom(closed: readonly Interval[], at: number, need: number): number {
  let candidate = at;
  for (const { start, end } of closed) {
    if (end <= candidate) continue;
    // a need of nothing still has to find the moment itself open
    if (start >= candidate + Math.max(need, 1)) break;
    candidate = end;
  }
  return candidate;
}

/** When it closes next: `at` itself where it is closed; absent where nothing closes any more. */
export function nextClosing(closed: readonly Interval[], at: number): number | undefined {
  const next = closed.find(({ end }) => end > at);
  return next && Math.max(next.start, at);
}
