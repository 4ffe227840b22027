import type { Stretch } from '../calibrate/calibrate.ts';
import type { Fault } from '../decide.ts';
import type { Read } from '../fold/fold-series.ts';
import type { Analysis } from '../settings.ts';
import type { PrometheusClient } from './client.ts';
import { ask, attempt, scrapes } from './read-windows.ts';

/**
 * Reads what was scraped around each start time, one after the other, so that a past of weeks needs no more memory than an hour of it.
 *
 * @param starts ms since the epoch
 * @param watch how long a release would be watched, ms
 */
export async function* readPast(
  client: PrometheusClient,
  { readings, timing }: Pick<Analysis, 'readings' | 'timing'>,
  starts: readonly number[],
  watch: number,
  signal?: AbortSignal,
): AsyncGenerator<Stretch> {
  for (const start of starts) {
    signal?.throwIfAborted();
    const [from, until] = [start - timing.lookback, start + watch];
    const [reads, faults]: [Read[], Fault[]] = [[], []];
    for (const reading of readings) {
      const { metric, query } = reading;
      const series = await attempt(() => ask(client, reading, from, until, timing, signal));
      if (typeof series === 'string') faults.push({ metric, query, message: series });
      else if (series.length === 0) {
        const message =
          'The answer is empty: nothing that fits was scraped then. Check the name, the labels and how far back Prometheus remembers.';
        faults.push({ metric, query, message });
      } else reads.push({ reading, series });
    }
    const up = await attempt(() => scrapes(client, reads, from, until, signal));
    if (typeof up === 'string') faults.push({ metric: 'up', query: 'up', message: up });
    yield { start, reads, up: typeof up === 'string' ? [] : up, faults };
  }
}
