import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { type Basis, digestOf, type Finding, subjectOf, type Verdict } from '@tillgate/release';
import AjvDraft04 from 'ajv-draft-04';
import addFormats from 'ajv-formats';
import { exampleOf, exampleScan } from '../rules/example-scan.ts';
import { scanRules } from '../rules/index.ts';
import type { ScanSeen } from '../seen.ts';
import { sarifOf } from './sarif.ts';

const schema = JSON.parse(readFileSync(join(import.meta.dirname, '../../fixtures/sarif-2.1.0-errata01.json'), 'utf8'));
const ajv = new AjvDraft04.default({ strict: false, unicodeRegExp: false });
addFormats.default(ajv);
const valid = ajv.compile(schema);

const AT = '2026-11-21T12:00:00.000Z';
const accepted = { by: 'waiver', id: 'w-1', digest: digestOf('w'), expires: '2026-12-01T00:00:00.000Z' } as const;

function sarif(seen: ScanSeen) {
  const findings: Finding[] = scanRules.flatMap((rule) => rule.judge(seen, undefined as unknown as Basis));
  const verdict: Verdict<'image-scan-gate'> = {
    schema: 'https://tillgate.dev/verdict/v1',
    gate: 'image-scan-gate',
    subject: subjectOf({
      commit: 'a'.repeat(40),
      environment: 'production',
      artifacts: [{ kind: 'image', name: 'shop', digest: seen.image }],
    }),
    basis: {
      policy: digestOf('p'),
      configuration: digestOf('c'),
      inputs: digestOf('i'),
      class: 'standard',
      mode: 'enforce',
      clock: { source: 'test', offsetMs: 0 },
    },
    outcome: 'fail',
    findings,
    coverage: { expected: 1, missing: [] },
    facts: null,
    evidence: [],
    observedAt: AT,
    validUntil: AT,
    producer: { name: 'tillgate', version: '0.1.0' },
  };
  return { log: sarifOf(verdict, seen, 'corner shops/shop') as never as SarifLog, findings };
}

interface SarifLog {
  runs: {
    results: { ruleId: string; level: string; kind: string; baselineState?: string; suppressions?: object[] }[];
  }[];
}

describe('SARIF', () => {
  const everything = exampleScan({
    vulnerabilities: [
      exampleOf(),
      exampleOf({ of: { key: 'b', title: '<script>alert(1)</script> \u001b[31m | `x`' }, accepted }),
      exampleOf({ state: 'unchanged', exploited: true, of: { key: 'c' } }),
      exampleOf({ of: { key: 'd', severity: 'MEDIUM' } }),
    ],
    demands: { blocksOn: 'new-and-exploited' },
    exploitedAsOf: { released: AT, stale: true },
    troubles: [{ rule: 'scan/tool-failed', key: 'scanner', message: 'Trivy ended with 1.' }],
  });

  it.each([
    ['nothing found', exampleScan()],
    ['every kind of finding', everything],
    [
      'all examples of all rules',
      exampleScan({ vulnerabilities: scanRules.flatMap(({ bad }) => bad.flatMap(({ seen }) => seen.vulnerabilities)) }),
    ],
  ])('fits the official schema: %s', (_, seen) => {
    valid(sarif(seen).log);
    expect(valid.errors ?? []).toEqual([]);
  });

  it('names the schema that it fits', () => {
    expect(sarif(everything).log).toMatchObject({ $schema: schema.id, version: '2.1.0' });
  });

  it('has the findings of the gate, no more and no less, with their severities', () => {
    const { log, findings } = sarif(everything);
    const level = { fail: 'error', warn: 'warning', note: 'note', unknown: 'none' };
    expect(log.runs[0]?.results.map(({ ruleId, level: given }) => [ruleId, given])).toEqual(
      findings.map(({ rule, severity }) => [rule, level[severity]]),
    );
  });

  it('shows what is accepted as suppressed, what is old as unchanged, and what is unknown as open', () => {
    const results = sarif(everything).log.runs[0]?.results ?? [];
    expect(results.filter(({ suppressions }) => suppressions)).toHaveLength(1);
    expect(results.find(({ ruleId }) => ruleId === 'scan/known-exploited')?.baselineState).toBe('unchanged');
    expect(results.find(({ ruleId }) => ruleId === 'scan/new-vulnerability')?.baselineState).toBe('new');
    expect(results.find(({ ruleId }) => ruleId === 'scan/tool-failed')?.kind).toBe('open');
  });
});
