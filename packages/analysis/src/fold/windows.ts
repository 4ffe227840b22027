import { type Series, targetOf } from './series.ts';

/** How time is cut, all in ms. */
export interface Timing {
  /** Width of a window; at least the scrape interval. Windows begin at multiples of it since the epoch. */
  window: number;
  /** A window is read when it ended this long ago: what Prometheus and its remote writers need to have all samples. */
  settle: number;
  /** A target that has not been heard for this long is not waited for. */
  patience: number;
  /** Two samples further apart than this are not joined to an increase: Prometheus was away. */
  lookback: number;
  /** No more than this is read at a time, after a long pause. */
  span: number;
}

/** For scrapes every 5 to 15 s. */
export const TIMING: Timing = { window: 15_000, settle: 10_000, patience: 60_000, lookback: 300_000, span: 1_800_000 };

/** @throws RangeError where the times cannot work together */
export function checkTiming({ window, settle, patience, lookback, span }: Timing): void {
  const sound = window > 0 && settle >= 0 && patience >= window && lookback >= patience && span >= window;
  if (sound) return;
  throw new RangeError(
    'Timing: window must be above 0, patience at least window, lookback at least patience, span at least window.',
  );
}

/** The end of the last window that may be read now. Not before the cursor. */
export function closedUntil(cursor: number, now: number, { window, settle, span }: Timing): number {
  const last = Math.floor(Math.min(now - settle, cursor + span) / window) * window;
  return Math.max(cursor, last);
}

/**
 * Where windows end: at each multiple of the width at which every target that is still there has been heard within
 * the window before. Where one was late, the window is joined with the next, so that both versions are
 * always counted over the same time; what hits both at once then hits both in the same window.
 *
 * It depends on samples of the last `patience` only, so a reader that stopped and came back cuts as one that did not.
 */
export function windowEnds(series: readonly Series[], cursor: number, until: number, timing: Timing): number[] {
  const targets = [...Map.groupBy(series, targetOf).values()].map(timesOf);
  const next = targets.map(() => 0);
  const ends: number[] = [];
  const first = (Math.floor(cursor / timing.window) + 1) * timing.window;
  for (let end = first; end <= until; end += timing.window) {
    let complete = true;
    targets.forEach((times, target) => {
      next[target] = advance(times, next[target] as number, end);
      const silence = end - (times[(next[target] as number) - 1] ?? Number.NEGATIVE_INFINITY);
      if (silence >= timing.window && silence < timing.patience) complete = false;
    });
    if (complete) ends.push(end);
  }
  return ends;
}

/** The number of times at or before `end`, counted on from where the last count ended. */
function advance(times: readonly number[], from: number, end: number): number {
  let index = from;
  while (index < times.length && (times[index] as number) <= end) index++;
  return index;
}

/** All times at which a target was heard. Its series mostly share them. */
function timesOf(series: readonly Series[]): number[] {
  const all = new Set<number>();
  for (const { at } of series) for (const time of at) all.add(time);
  return [...all].sort((a, b) => a - b);
}
