import type { Clock } from '@tillgate/host';
import type { Fault } from '../decide.ts';
import { type Folded, foldSeries, type Read } from '../fold/fold-series.ts';
import type { Exclusion } from '../fold/increase.ts';
import type { Reading } from '../fold/reading.ts';
import type { Series } from '../fold/series.ts';
import { closedUntil, type Timing } from '../fold/windows.ts';
import { PrometheusError } from './answer.ts';
import type { PrometheusClient } from './client.ts';

/** What was read, and how far our clock and that of Prometheus are apart. */
export interface WindowsRead extends Folded {
  /** Prometheus' clock less ours, ms. */
  skew: number;
}

/** Clocks further apart than this: exclusions and starts, which come from other clocks, would be wrong by a window or more. */
export const SKEW_LIMIT = 60_000;

/**
 * Reads the windows that have closed since the cursor. Counters are taken as they were scraped, so their query is a
 * plain selector; levels may be any expression. A query that fails costs its own metric only, as a fault
 * with what came back, and only the evidence of those windows; if Prometheus cannot even tell the time, that is a fault of every metric.
 *
 * @param cursor ms since the epoch: where the last reading ended
 * @param ours our own clock, to be compared with that of Prometheus
 */
export async function readWindows(
  client: PrometheusClient,
  readings: readonly Reading[],
  cursor: number,
  ours: Clock,
  timing: Timing,
  { exclusions = [], signal }: { exclusions?: readonly Exclusion[]; signal?: AbortSignal } = {},
): Promise<WindowsRead> {
  const clock = await attempt(() => client.now(signal));
  if (typeof clock === 'string') return { windows: [], faults: everywhere(readings, clock), skew: 0 };
  const skew = clock - ours.now();
  if (Math.abs(skew) > SKEW_LIMIT) {
    const message = `The clocks of Prometheus and of this machine are ${Math.round(Math.abs(skew) / 1000)} s apart: times cannot be compared. Set them.`;
    return { windows: [], faults: everywhere(readings, message), skew };
  }
  const until = closedUntil(cursor, clock, timing);
  if (until === cursor) return { windows: [], faults: [], skew };
  const from = cursor - timing.lookback;
  const answers = await Promise.all(
    readings.map(async (reading) => ({
      reading,
      series: await attempt(() => ask(client, reading, from, until, timing, signal)),
    })),
  );
  const faults: Fault[] = answers.flatMap(({ reading: { metric, query }, series }) =>
    typeof series === 'string' ? [{ metric, query, message: series }] : [],
  );
  const reads = answers.flatMap(({ reading, series }) => (typeof series === 'string' ? [] : [{ reading, series }]));
  const up = await attempt(() => scrapes(client, reads, from, until, signal));
  if (typeof up === 'string') return { windows: [], faults: everywhere(readings, up), skew };
  const folded = foldSeries(reads, cursor, clock, timing, exclusions, up);
  return { windows: folded.windows, faults: [...faults, ...folded.faults], skew };
}

/** Samples of a reading in (`from`, `until`]: counters as they were scraped, levels once a window. */
export function ask(
  client: PrometheusClient,
  { query, counts }: Reading,
  from: number,
  until: number,
  { window }: Timing,
  signal?: AbortSignal,
): Promise<Series[]> {
  return counts.kind === 'level'
    ? client.range(query, Math.ceil(from / window) * window, until, window, signal)
    : client.scraped(query, from, until, signal);
}

/** When the targets of these series were scraped: one that had nothing to count yet tells so by `up` alone. */
export async function scrapes(
  client: PrometheusClient,
  reads: readonly Read[],
  from: number,
  until: number,
  signal?: AbortSignal,
): Promise<Series[]> {
  const jobs = new Set(reads.flatMap(({ series }) => series.map(({ labels }) => labels.job ?? '')));
  jobs.delete('');
  if (jobs.size === 0) return [];
  const any = [...jobs].map((job) => job.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')).join('|');
  return client.scraped(`up{job=~${JSON.stringify(any)}}`, from, until, signal);
}

/** What came of it, or, as text, why nothing did. Anything but an answer that is wrong is not ours to judge. */
export async function attempt<T>(ask: () => Promise<T>): Promise<T | string> {
  try {
    return await ask();
  } catch (cause) {
    if (cause instanceof PrometheusError) return cause.message;
    throw cause;
  }
}

const everywhere = (readings: readonly Reading[], message: string): Fault[] =>
  readings.map(({ metric, query }) => ({ metric, query, message }));
