import { type Series, targetOf } from './series.ts';
import type { Timing } from './windows.ts';

/** A span of time in which a series does not count, ms since the epoch. */
export interface Span {
  /** Exclusive. */
  from: number;
  until: number;
}

/** What warms up by itself, and for how long. */
export interface WarmUp {
  /** Labels whose values are taken apart on each scraped instance. */
  labels: readonly string[];
  /** ms. */
  lasts: number;
}

/**
 * Finds when pods, and databases on pods, warm up: for `lasts` from the first sample of each group of series, and
 * again after a restart (a counter that fell) or a silence longer than `patience`. A library of Prometheus exports a
 * series from its first use on, so the first sample tells when a database was first asked for on a pod.
 *
 * It looks at most `lasts` and two `patience` back, so a reader that resumes finds the same.
 *
 * @returns the spans of each series, by its place in `series`
 * @throws RangeError where samples are not read back far enough to know
 */
export function warmUps(
  series: readonly Series[],
  { labels, lasts }: WarmUp,
  { patience, lookback }: Pick<Timing, 'patience' | 'lookback'>,
  kind: 'counters' | 'levels',
): Span[][] {
  if (lookback < lasts + 2 * patience) {
    throw new RangeError('Timing: lookback must be at least the warm-up and two times patience together.');
  }
  const keys = series.map((each) => JSON.stringify([targetOf(each), ...labels.map((label) => each.labels[label])]));
  const groups = Map.groupBy(series.keys(), (index) => keys[index] as string);
  const spans = new Map<string, Span[]>();
  for (const [key, members] of groups) {
    const begun = births(
      [...members].map((index) => series[index] as Series),
      patience,
      kind,
    );
    spans.set(
      key,
      begun.map((at) => ({ from: at - 1, until: at + lasts })),
    );
  }
  return keys.map((key) => spans.get(key) as Span[]);
}

/** When a group of series began, and began again. */
function births(group: readonly Series[], patience: number, kind: 'counters' | 'levels'): number[] {
  const times = new Set<number>();
  const fell = new Set<number>();
  for (const { at, value } of group) {
    for (let i = 0; i < at.length; i++) {
      times.add(at[i] as number);
      if (kind === 'counters' && i > 0 && (value[i] as number) < (value[i - 1] as number)) fell.add(at[i] as number);
    }
  }
  const rising = [...times].sort((a, b) => a - b);
  return rising.filter((at, i) => fell.has(at) || i === 0 || at - (rising[i - 1] as number) > patience);
}
