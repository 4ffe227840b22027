import { type Series, targetOf } from './series.ts';
import type { Span } from './warm-up.ts';
import type { Timing } from './windows.ts';

/** A span of time in which what a matching series counts does not count: a pod or a database that warms up. */
export interface Exclusion {
  label: string;
  value: string;
  /** ms since the epoch. */
  from: number;
  until: number;
}

/**
 * What a counter grew by in each window (`from`, `ends[0]`], (`ends[0]`, `ends[1]`], ... An increase belongs
 * to the window of the later of its two samples, so nothing is extrapolated and nothing counted twice.
 *
 * - A value below the one before is a restart: it counts from zero.
 * - A series that is new while its target was heard before did not exist then: its first value counts, which
 *   is how the first error ever is not lost.
 * - A target that was never heard, or not for `lookback`, gives a starting point only.
 *
 * @param heard when each target was heard, rising
 * @param warming spans in which this series does not count
 */
export function increases(
  series: Series,
  from: number,
  ends: readonly number[],
  { lookback, patience }: Pick<Timing, 'lookback' | 'patience'>,
  heard: ReadonlyMap<string, readonly number[]>,
  exclusions: readonly Exclusion[] = [],
  warming: readonly Span[] = [],
): number[] {
  const grown = new Array<number>(ends.length).fill(0);
  const { at, value, labels } = series;
  const excluded = exclusions.filter((each) => labels[each.label] === each.value);
  let window = 0;
  for (let i = 0; i < at.length; i++) {
    const time = at[i] as number;
    if (time <= from) continue;
    while (window < ends.length && time > (ends[window] as number)) window++;
    if (window === ends.length) break;
    const since = i > 0 && time - (at[i - 1] as number) <= lookback ? (at[i - 1] as number) : undefined;
    const begun = since ?? lastBefore(heard.get(targetOf(series)) ?? [], time, lookback);
    if (begun === undefined) continue;
    if (excluded.some((span) => time > span.from && begun < span.until)) continue;
    // An increase over a silence is asked about its last part only, so that how far back was read makes no difference.
    if (warming.some((span) => time > span.from && Math.max(begun, time - patience) < span.until)) continue;
    const now = value[i] as number;
    const before = since === undefined ? 0 : (value[i - 1] as number);
    grown[window] = (grown[window] as number) + (now >= before ? now - before : now);
  }
  return grown;
}

/** The last of rising times before `time`, if it is not longer ago than `lookback`. */
function lastBefore(times: readonly number[], time: number, lookback: number): number | undefined {
  let [low, high] = [0, times.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((times[middle] as number) < time) low = middle + 1;
    else high = middle;
  }
  const last = times[low - 1];
  return last !== undefined && time - last <= lookback ? last : undefined;
}
