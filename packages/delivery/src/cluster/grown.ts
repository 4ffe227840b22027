import type { Series } from '@tillgate/analysis';

/**
 * What counters grew by, for each value of a label that tells versions apart. The first value of a series is a starting point
 * only, so one of which nothing else is known yet tells nothing; one that fell was restarted, and counts from zero.
 */
export function grownBy(series: readonly Series[], label: string): Map<string, number> {
  const grown = new Map<string, number>();
  for (const { labels, value } of series) {
    if (value.length < 2) continue;
    const by = value.slice(1).reduce((sum, now, index) => {
      const before = value[index] as number;
      return sum + (now >= before ? now - before : now);
    }, 0);
    const version = labels[label] ?? '';
    grown.set(version, (grown.get(version) ?? 0) + by);
  }
  return grown;
}
