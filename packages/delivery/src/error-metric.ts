import type { Watching } from './plan.ts';

/**
 * The metric that counts failures: the first one whose series tell bad requests from good ones, rather than how long they
 * took or how much of something there is. Undefined: the policy has none.
 */
export function errorMetricOf({ beside: { analysis, readings } }: Watching): string | undefined {
  const counting = readings.filter(({ counts }) => counts.kind === 'share').map(({ metric }) => metric);
  return analysis.metrics.find(({ name, worse }) => counting.includes(name) && worse !== 'lower')?.name;
}
