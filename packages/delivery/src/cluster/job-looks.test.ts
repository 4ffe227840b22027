import { describe, expect, it } from '@jest/globals';
import { type PrometheusClient, PrometheusError } from '@tillgate/analysis/prometheus';
import { looksForJobs } from './job-looks.ts';

const JOBS = { query: 'odoo_job_looks_total', arm: { label: 'version', candidate: 'new', stable: 'old' } };

const asked = (scraped: PrometheusClient['scraped']) =>
  looksForJobs({ now: async () => 0, range: async () => [], scraped }, JOBS)(1_000, 9_000);
const answering = (...series: [string, ...number[]][]) =>
  asked(async (selector, from, to) => {
    expect([selector, from, to]).toEqual(['odoo_job_looks_total', 1_000, 9_000]);
    return series.map(([version, ...value]) => ({ labels: { version }, at: value.map((_, index) => index), value }));
  });

describe('looks for scheduled jobs', () => {
  it('are those of what was put back, on all of its pods, restarts included', async () => {
    expect(await answering(['old', 40, 41], ['old', 9, 0, 1], ['new', 0, 7])).toEqual({ looks: 2, unread: '' });
    expect(await answering(['old', 0, 0], ['new', 0, 7])).toMatchObject({ looks: 0 });
  });

  it('are not known where it has no series, where only one value of it is there, and without Prometheus', async () => {
    expect(await answering(['new', 0, 7])).toMatchObject({ looks: null });
    expect(await answering(['old', 40])).toMatchObject({ looks: null });
    const away = asked(() => Promise.reject(new PrometheusError('It is away.')));
    expect(await away).toEqual({ looks: null, unread: 'It is away.' });
  });
});
