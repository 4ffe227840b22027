import { describe, expect, it } from '@jest/globals';
import { loadPolicy } from '@tillgate/policy';
import { watchingOf } from './watching.ts';

const WORDS = { candidate: 'sha256:new', stable: 'sha256:old', environment: 'production' };
const DELIVERY = { mostRestarts: 2, readyWithin: '10m', steps: [] };
const of = (text: string) => watchingOf(loadPolicy(Buffer.from(text)).policy.analysis, DELIVERY, WORDS);

describe('what is watched', () => {
  it('is what the policy names, with the two versions filled in', () => {
    const told = of('extends: preset:odoo-retail\n');
    expect(told.analysis.metrics.map(({ name }) => name)).toEqual(['errors', 'refusals', 'latency']);
    expect(told.readings[0]?.query).toContain('sha256:new|sha256:old');
    expect(told.jobs).toEqual({
      query: 'odoo_job_looks_total{version=~"sha256:new|sha256:old"}',
      arm: { label: 'version', candidate: 'sha256:new', stable: 'sha256:old' },
    });
    expect(told).toMatchObject({ warmUpMs: 120_000, readyWithinMs: 600_000, mostRestarts: 2 });
  });

  it('is nothing of scheduled jobs where the policy does not say what counts them', () => {
    const metric = "{ name: errors, query: up, share: { label: code, bad: '5..' }, pass: { below: 0.02 } }";
    expect(of(`analysis: { metrics: [${metric}] }\n`).jobs).toBeNull();
  });

  it('is never nothing', () => {
    expect(() => of('environments: {}\n')).toThrow('names no metric');
  });
});
