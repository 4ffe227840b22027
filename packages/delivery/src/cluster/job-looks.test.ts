import { describe, expect, it } from '@jest/globals';
import type { VersionsQuery } from '@tillgate/analysis';
import { type PrometheusClient, PrometheusError } from '@tillgate/analysis/prometheus';
import type { Sha256 } from '@tillgate/release';
import { NEW, OLD } from '../example-plan.test-kit.ts';
import { looksForJobs } from './job-looks.ts';

const JOBS: VersionsQuery = { query: 'odoo_job_looks_total', arm: { label: 'version', candidate: NEW, stable: OLD } };

const asked = (scraped: PrometheusClient['scraped'], version: Sha256 = OLD, jobs: VersionsQuery = JOBS) =>
  looksForJobs({ now: async () => 0, range: async () => [], scraped }, jobs)(version, 1_000, 9_000);
const answering = (...series: [string, ...number[]][]) => asked(answers('version', series));
const answers =
  (label: string, series: readonly [string, ...number[]][]): PrometheusClient['scraped'] =>
  async (...question) => {
    expect(question).toEqual(['odoo_job_looks_total', 1_000, 9_000]);
    return series.map(([of, ...value]) => ({ labels: { [label]: of }, at: value.map((_, index) => index), value }));
  };

describe('looks for scheduled jobs', () => {
  it('are those of one version, on all of its pods, restarts included', async () => {
    expect(await answering([OLD, 40, 41], [OLD, 9, 0, 1], [NEW, 0, 7])).toEqual({ looks: 2, unread: '' });
    expect(await answering([OLD, 0, 0], [NEW, 0, 7])).toMatchObject({ looks: 0 });
  });

  it('are those of stable where series only tell where they come from', async () => {
    const jobs = { ...JOBS, arm: { label: 'track', candidate: 'candidate', stable: 'stable' } };
    for (const version of [OLD, NEW])
      expect(await asked(answers('track', [['stable', 4, 6]]), version, jobs)).toMatchObject({ looks: 2 });
  });

  it('are not known where it has no series, where only one value of it is there, and without Prometheus', async () => {
    expect(await answering([NEW, 0, 7])).toMatchObject({ looks: null });
    expect(await answering([OLD, 40])).toMatchObject({ looks: null });
    const away = asked(() => Promise.reject(new PrometheusError('It is away.')));
    expect(await away).toEqual({ looks: null, unread: 'It is away.' });
  });
});
