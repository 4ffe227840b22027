import { type PrometheusClient, PrometheusError } from '@tillgate/analysis/prometheus';
import type { Plan } from '../plan.ts';
import type { Observed } from '../seen.ts';
import { grownBy } from './grown.ts';

/**
 * Counts sessions that were newly assigned to each version since a moment, by the counters of begun sessions that the
 * plan reads (`analysis.sessions` of the policy). Routers count requests, not sessions, so without such a counter nothing
 * is known, and nothing is made up.
 */
export function assignedSessions(client: PrometheusClient, plan: Plan) {
  const reading = plan.watching?.beside.readings.find(({ counts }) => counts.kind === 'sessions');
  return async (since: number, now: number): Promise<Observed['assigned']> => {
    if (!reading || now <= since) return null;
    try {
      const { label, candidate, stable } = reading.arm;
      const grown = grownBy(await client.scraped(reading.query, since, now), label);
      const onCandidate = grown.get(candidate) ?? 0;
      return { candidate: onCandidate, total: onCandidate + (grown.get(stable) ?? 0) };
    } catch (cause) {
      if (cause instanceof PrometheusError) return null; // not known; who judges says so
      throw cause;
    }
  };
}
