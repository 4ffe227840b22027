/** What Prometheus holds of one version: counters of good and of bad answers at each scrape. */
export interface Counters {
  /** Seconds, rising. */
  at: ArrayLike<number>;
  /** NaN where the series was not there yet: a counter with a label appears with the first thing it counts. */
  good: ArrayLike<number>;
  bad: ArrayLike<number>;
  /** A sample is seen so many seconds after it was taken. */
  lag: number;
}

/**
 * What a rule asks Prometheus for: `sum(rate(good[within])) / sum(rate(all[within]))` at a time.
 *
 * @returns undefined where the answer is an empty vector: no series has two samples in the window, or only bad
 *   answers were ever counted. NaN where nothing was asked of the version: 0 / 0.
 */
export function successRate(counters: Counters, time: number, within: number): number | undefined {
  const { at, lag } = counters;
  const to = lastUntil(at, time - lag);
  let from = to + 1;
  while (from > 0 && (at[from - 1] as number) >= time - within) from--;
  const good = rate(at, counters.good, from, to, time - within, time);
  const bad = rate(at, counters.bad, from, to, time - within, time);
  return good === undefined ? undefined : good / (good + (bad ?? 0));
}

/**
 * PromQL's `rate()` of one series over the samples `from` to `to`, as `extrapolatedRate` of Prometheus 2.42 computes it:
 * the increase between the first and the last sample, extrapolated to the edges of the window where these are near, and
 * not below zero. The first value of a series is no increase, so the first bad answer ever is not seen.
 */
function rate(
  at: ArrayLike<number>,
  value: ArrayLike<number>,
  from: number,
  to: number,
  start: number,
  end: number,
): number | undefined {
  let first = from;
  while (first <= to && Number.isNaN(value[first] as number)) first++;
  if (to - first < 1) return undefined;
  const initial = value[first] as number;
  let [increase, before] = [0, initial];
  for (let index = first + 1; index <= to; index++) {
    const now = value[index] as number;
    increase += now >= before ? now - before : now;
    before = now;
  }
  const sampled = (at[to] as number) - (at[first] as number);
  const average = sampled / (to - first);
  let toStart = (at[first] as number) - start;
  if (increase > 0) toStart = Math.min(toStart, sampled * (initial / increase));
  const toEnd = end - (at[to] as number);
  const near = average * 1.1;
  const reach = sampled + (toStart < near ? toStart : average / 2) + (toEnd < near ? toEnd : average / 2);
  return (increase * reach) / sampled / (end - start);
}

/** Index of the last time at or before `until`; -1 where there is none. */
function lastUntil(at: ArrayLike<number>, until: number): number {
  let [low, high] = [0, at.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((at[middle] as number) <= until) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}
