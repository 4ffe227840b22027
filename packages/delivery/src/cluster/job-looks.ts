import type { VersionsQuery } from '@tillgate/analysis';
import { type PrometheusClient, PrometheusError } from '@tillgate/analysis/prometheus';
import type { JobsSeen } from '../verify-back.ts';
import { grownBy } from './grown.ts';

/** Tells how often what runs again has looked for jobs that are due, between two moments in ms. */
export type Looks = (since: number, now: number) => Promise<JobsSeen>;

const NO_SERIES = 'No series of what was put back answers the query of analysis.jobs.';

/** Counts looks for scheduled jobs by the counters that a plan names. What cannot be read is not known, and says why. */
export function looksForJobs(client: PrometheusClient, { query, arm }: VersionsQuery): Looks {
  return async (since, now) => {
    if (now <= since) return { looks: null, unread: NO_SERIES };
    try {
      const looks = grownBy(await client.scraped(query, since, now), arm.label).get(arm.stable);
      return looks === undefined ? { looks: null, unread: NO_SERIES } : { looks, unread: '' };
    } catch (cause) {
      if (cause instanceof PrometheusError) return { looks: null, unread: cause.message };
      throw cause;
    }
  };
}
