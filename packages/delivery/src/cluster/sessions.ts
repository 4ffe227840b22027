import type { Reading } from '@tillgate/analysis';
import { type PrometheusClient, PrometheusError } from '@tillgate/analysis/prometheus';
import type { Plan } from '../plan.ts';
import type { Observed } from '../seen.ts';

/**
 * Counts sessions that were newly assigned to each version since a moment, by the counters of begun sessions that the
 * plan reads (`analysis.sessions` of the policy). Routers count requests, not sessions, so without such a counter nothing
 * is known, and nothing is made up.
 *
 * The first value of a series since then is a starting point only; one that fell was restarted, and counts from zero.
 */
export function assignedSessions(client: PrometheusClient, plan: Plan) {
  const reading = plan.watching?.beside.readings.find(({ counts }) => counts.kind === 'sessions');
  return async (since: number, now: number): Promise<Observed['assigned']> => {
    if (!reading || now <= since) return null;
    try {
      const series = await client.scraped(reading.query, since, now);
      return summed(reading, series);
    } catch (cause) {
      if (cause instanceof PrometheusError) return null; // not known; who judges says so
      throw cause;
    }
  };
}

function summed({ arm }: Reading, series: Awaited<ReturnType<PrometheusClient['scraped']>>): Observed['assigned'] {
  let [candidate, stable] = [0, 0];
  for (const { labels, value } of series) {
    const version = labels[arm.label];
    const begun = value.reduce((sum, now, index) => {
      const before = value[index - 1];
      return before === undefined ? sum : sum + (now >= before ? now - before : now);
    }, 0);
    if (version === arm.candidate) candidate += begun;
    if (version === arm.stable) stable += begun;
  }
  return { candidate, total: candidate + stable };
}
