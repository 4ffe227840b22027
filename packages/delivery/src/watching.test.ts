import { describe, expect, it } from '@jest/globals';
import { loadPolicy } from '@tillgate/policy';
import { watchingOf } from './watching.ts';

const WORDS = { candidate: 'sha256:new', stable: 'sha256:old', environment: 'production' };
const DELIVERY = { mostRestarts: 0, readyWithin: '10m' };
const of = (text: string) => watchingOf(loadPolicy(Buffer.from(text)).policy.analysis, DELIVERY, WORDS);

describe('what is watched', () => {
  it('is nothing where the policy names no metric', () => {
    expect(of('environments: {}\n')).toBe(null);
  });

  it('is everything of the preset beside stable, and after promotion the limit that errors had to pass', () => {
    const told = of('extends: preset:odoo-retail\n');
    expect(told?.beside.analysis.metrics.map(({ name }) => name)).toEqual(['errors', 'refusals', 'latency']);
    expect(told?.beside.readings[0]?.query).toContain('sha256:new|sha256:old');
    expect(told?.after?.analysis.metrics).toEqual([
      expect.objectContaining({ name: 'errors', test: { by: 'limit', share: 0.02 } }),
    ]);
    expect(told?.after?.analysis.metrics[0]).not.toHaveProperty('pass');
    expect(told?.after?.readings.map(({ metric }) => metric)).toEqual(['errors']);
    expect(told).toMatchObject({ warmUpMs: 120_000, readyWithinMs: 600_000, mostRestarts: 0 });
  });

  it('keeps of a histogram the bound that has a limit', () => {
    const told = of(`analysis:
  metrics:
    - { name: slow, query: h_bucket, slowerThan: [0.5, 2.5], pass: { below: 0.1, slowerThan: 2.5 } }
    - { name: queue, query: q, level: { above: 100 }, atMost: 0.2 }
    - { name: orders, query: o, share: { label: kind, bad: posted }, worse: lower }
`);
    expect(told?.after?.analysis.metrics).toEqual([
      expect.objectContaining({ name: 'slow', cuts: ['2.5 s'], test: { by: 'limit', share: 0.1 } }),
      expect.objectContaining({ name: 'queue', test: { by: 'limit', share: 0.2 } }),
    ]);
    expect(told?.after?.readings.map(({ counts }) => counts)).toEqual([
      { kind: 'buckets', slowerThan: [2.5] },
      { kind: 'level', above: 100 },
    ]);
  });

  it('is null after promotion where everything is only compared', () => {
    expect(of('analysis: { metrics: [{ name: e, query: r, share: { label: code, bad: "5.." } }] }\n')?.after).toBe(
      null,
    );
  });
});
