import { describe, expect, it } from '@jest/globals';
import { conclude } from './conclude.ts';
import type { Finding, Severity } from './finding.ts';

const AT = '2026-11-27T05:00:00.000Z';
const WHOLE = { expected: 1, missing: [] };

function finding(severity: Severity, accepted?: string): Finding {
  const base = { rule: 'scan/example', key: 'k', severity, message: 'm', remedy: 'r' } as const;
  if (accepted === undefined) return base;
  return { ...base, accepted: { by: 'waiver', id: 'w', digest: `sha256:${'0'.repeat(64)}`, expires: accepted } };
}

describe('conclude', () => {
  it.each([
    ['nothing found', [], 'pass'],
    ['a note', [finding('note')], 'pass'],
    ['a warning', [finding('note'), finding('warn')], 'warn'],
    ['something unknown outranks a warning', [finding('warn'), finding('unknown')], 'inconclusive'],
    ['a failure outranks what is unknown', [finding('unknown'), finding('fail')], 'fail'],
    ['an accepted failure', [finding('fail', '2026-12-01T00:00:00Z')], 'pass'],
    ['an acceptance that has expired', [finding('fail', '2026-11-01T00:00:00Z')], 'fail'],
    ['an acceptance that ends this very moment', [finding('fail', AT)], 'fail'],
  ] as const)('%s', (_, findings, outcome) => {
    expect(conclude(findings, WHOLE, AT)).toBe(outcome);
  });

  it('never passes when nothing was judged, or not everything', () => {
    expect(conclude([], { expected: 0, missing: [] }, AT)).toBe('inconclusive');
    expect(conclude([finding('warn')], { expected: 2, missing: ['shop-7'] }, AT)).toBe('inconclusive');
  });

  it('still fails when a failure is found among units of which one is missing', () => {
    expect(conclude([finding('fail')], { expected: 2, missing: ['shop-7'] }, AT)).toBe('fail');
  });
});
