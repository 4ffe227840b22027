import { describe, expect, it } from '@jest/globals';
import { loadPolicy } from '@tillgate/policy';
import { type AnalysisSettings, analysisOf } from './settings.ts';
import { beginAnalysis } from './state.ts';

// The annotation is the proof that a policy's section is what is taken here.
const settingsOf = (yaml: string): AnalysisSettings =>
  loadPolicy(Buffer.from(`extends: preset:odoo-retail\n${yaml}`), 'policy.yml').policy.analysis;
const words = { candidate: 'v2', stable: 'v1', environment: 'production' };

describe('settings made ready for a release', () => {
  it('are a plan that an analysis can begin with, and one reading a metric', () => {
    const { plan, readings, timing } = analysisOf(
      settingsOf('analysis: { dispersion: { measured: { latency: 2.5 } }, minimum: { time: 30m, tenants: 4 } }\n'),
      words,
    );
    expect(beginAnalysis(plan, 0).metrics).toHaveProperty('errors');
    expect(plan.minimum).toEqual({ seconds: 1800, tenants: 4, sessions: 0 });
    expect(plan.metrics.map(({ name, phi, cuts }) => [name, phi, cuts])).toEqual([
      ['errors', 9, undefined],
      ['refusals', 9, undefined],
      ['latency', 2.5, ['0.5 s', '2.5 s']],
    ]);
    expect(plan.metrics[0]).toMatchObject({
      pass: { below: 0.02, cut: 0 },
      floor: { share: 0.5, total: 100 },
      weight: 3,
    });
    expect(readings[0]).toEqual({
      metric: 'errors',
      query: 'odoo_requests_total{version=~"v2|v1"}',
      arm: { label: 'version', candidate: 'v2', stable: 'v1' },
      tenant: 'database',
      warmUp: { labels: ['database'], lasts: 120_000 },
      counts: { kind: 'share', bad: { label: 'outcome', pattern: 'error|killed' } },
    });
    expect(readings[2]?.counts).toEqual({ kind: 'buckets', slowerThan: [0.5, 2.5] });
    expect(timing).toEqual({ window: 15_000, settle: 10_000, patience: 60_000, lookback: 300_000, span: 1_800_000 });
  });

  it('read levels, events and sessions from the caller’s own queries', () => {
    const { plan, readings } = analysisOf(
      settingsOf(`analysis:
  versions: { label: service, candidate: "shop-$candidate-80@kubernetescrd", stable: "shop-$stable-80@kubernetescrd" }
  sessions: { query: 'sessions_total{env="$environment"}', versions: {} }
  minimum: { sessions: 20 }
  ignore: [prometheus_replica]
  metrics:
    - { name: queue, query: 'max by (service) (queue_jobs)', level: { above: 500 }, atMost: 0.05 }
    - { name: orders, query: '{__name__=~"orders_total|visits_total"}', share: { label: __name__, bad: orders_total, of: visits_total }, worse: lower, tolerated: 0.8 }
    - { name: slow, query: d_bucket, slowerThan: [0.1, 1], pass: { below: 0.05, slowerThan: 1 } }
`),
      words,
    );
    expect(plan.metrics.map(({ name, test, worse, pass }) => [name, test, worse, pass])).toEqual([
      ['queue', { by: 'limit', share: 0.05 }, 'higher', undefined],
      ['orders', { by: 'comparison', tolerated: 0.8 }, 'lower', undefined],
      ['slow', { by: 'comparison', tolerated: 1.2 }, 'higher', { below: 0.05, cut: 1 }],
    ]);
    expect(readings.map(({ metric, arm, counts }) => [metric, arm.candidate, counts.kind])).toEqual([
      ['queue', 'shop-v2-80@kubernetescrd', 'level'],
      ['orders', 'shop-v2-80@kubernetescrd', 'share'],
      ['slow', 'shop-v2-80@kubernetescrd', 'buckets'],
      ['sessions', 'v2', 'sessions'],
    ]);
    expect(readings[3]?.query).toBe('sessions_total{env="production"}');
    expect(readings.every(({ ignore }) => ignore?.[0] === 'prometheus_replica')).toBe(true);
  });

  it('leave no word open, and let none in that would change a query', () => {
    const settings = settingsOf('');
    expect(() => analysisOf(settings, { candidate: 'v2' })).toThrow(
      'Nobody says what $stable is; known are $candidate.',
    );
    expect(() => analysisOf(settings, { ...words, candidate: 'v2"} or vector(0)' })).toThrow(
      'could change the meaning',
    );
    expect(() => analysisOf(settings, { ...words, candidate: 'v1' })).toThrow('cannot be compared with itself');
  });

  it('that name a metric which is not there are refused', () => {
    const settings = settingsOf('');
    const measured = { eror: 2 };
    expect(() => analysisOf({ ...settings, dispersion: { ...settings.dispersion, measured } }, words)).toThrow(
      'dispersion.measured names "eror"',
    );
    expect(() => analysisOf({ ...settings, metrics: [] }, words)).toThrow('name at least one');
  });
});
