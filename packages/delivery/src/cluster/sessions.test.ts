import { describe, expect, it } from '@jest/globals';
import { type PrometheusClient, PrometheusError } from '@tillgate/analysis/prometheus';
import { exampleInput, examplePlan } from '../example-plan.test-kit.ts';
import { assignedSessions } from './sessions.ts';

const { watching } = exampleInput();
const plan = examplePlan({
  watching: {
    ...watching,
    readings: [
      ...watching.readings,
      {
        metric: 'sessions',
        query: 'odoo_sessions_total',
        arm: { label: 'version', candidate: 'new', stable: 'old' },
        counts: { kind: 'sessions' },
      },
    ],
  },
});
const prometheus = (...series: [string, ...number[]][]): PrometheusClient => ({
  now: async () => 0,
  range: async () => [],
  scraped: async (selector, from, to) => {
    expect([selector, from, to]).toEqual(['odoo_sessions_total', 1_000, 9_000]);
    return series.map(([version, ...value]) => ({ labels: { version }, at: value.map((_, index) => index), value }));
  },
});

describe('newly assigned sessions', () => {
  it('are what the counters of both versions grew by, restarts included', async () => {
    const client = prometheus(['old', 100, 130, 190], ['old', 7, 0, 3], ['new', 40, 45, 50], ['other', 0, 1_000]);
    // 90 and 3 on the old version, 10 on the new one.
    expect(await assignedSessions(client, plan)(1_000, 9_000)).toEqual({ candidate: 10, total: 103 });
  });

  it('are not known without a counter, without time, and without Prometheus', async () => {
    expect(await assignedSessions(prometheus(), examplePlan())(1_000, 9_000)).toBeNull();
    expect(await assignedSessions(prometheus(), plan)(9_000, 9_000)).toBeNull();
    const away: PrometheusClient = {
      ...prometheus(),
      scraped: async () => {
        throw new PrometheusError('away');
      },
    };
    expect(await assignedSessions(away, plan)(1_000, 9_000)).toBeNull();
  });
});
