import type { VersionsQuery } from '@tillgate/analysis';
import { type PrometheusClient, PrometheusError } from '@tillgate/analysis/prometheus';
import type { Looks } from '../jobs.ts';
import { grownBy } from './grown.ts';

const NO_SERIES = 'No series of what runs answers the query of analysis.jobs.';

/**
 * Counts looks for scheduled jobs by the counters that a plan names. Series that name the version are those of it; where they
 * tell where they come from, they are those of stable, since nothing runs beside it. What cannot be read is not known, and says why.
 */
export function looksForJobs(client: PrometheusClient, { query, arm }: VersionsQuery): Looks {
  const of = (version: string) => (arm.candidate.includes(version) ? arm.candidate : arm.stable);
  return async (version, since, until) => {
    if (until <= since) return { looks: null, unread: NO_SERIES };
    try {
      const looks = grownBy(await client.scraped(query, since, until), arm.label).get(of(version));
      return looks === undefined ? { looks: null, unread: NO_SERIES } : { looks, unread: '' };
    } catch (cause) {
      if (cause instanceof PrometheusError) return { looks: null, unread: cause.message };
      throw cause;
    }
  };
}
