import { describe, expect, it } from '@jest/globals';
import type { Basis } from '@tillgate/release';
import { exampleOf, exampleScan, WEBP } from './rules/example-scan.ts';
import { idleAcceptance } from './rules/idle-acceptance.ts';
import { imageConfiguration } from './rules/image-configuration.ts';
import { newVulnerability } from './rules/new-vulnerability.ts';
import { secretInImage } from './rules/secret.ts';
import { MOST_FINDINGS } from './seen.ts';

const basis = undefined as unknown as Basis;

describe('findings of one rule', () => {
  const [platform] = exampleScan().platforms;
  const blocking = { id: 'DS-1', rule: 'key', title: 'grave', severity: 'CRITICAL', message: '', place: 'b' } as const;
  const harmless = { ...blocking, title: 'slight', severity: 'LOW' } as const;
  const hidden = [...Array(1_000).fill(harmless), blocking];

  it.each([
    ['secrets', secretInImage, { secrets: hidden }, 'warn'],
    ['the configuration', imageConfiguration, { misconfigurations: hidden }, 'note'],
  ])('about %s put first what blocks, and tell how much is not told', (_, rule, found, slight) => {
    const platforms = [{ ...(platform as NonNullable<typeof platform>), ...found }];
    const findings = rule.judge(exampleScan({ platforms }), basis);
    expect(findings).toHaveLength(MOST_FINDINGS + 1);
    expect(findings[0]).toMatchObject({ severity: 'fail', message: expect.stringContaining('grave') });
    expect(findings.at(-1)).toMatchObject({ severity: slight, message: '601 more of the same kind.' });
  });

  it('about acceptances that change nothing are cut too', () => {
    const idle = Array.from({ length: 1_000 }, (_, index) => {
      return { id: `w-${index}`, kind: 'vex', why: 'unmatched', detail: '' } as const;
    });
    expect(idleAcceptance.judge(exampleScan({ idle }), basis)).toHaveLength(MOST_FINDINGS + 1);
  });

  const accepted = {
    by: 'waiver',
    id: 'w-1',
    digest: `sha256:${'c'.repeat(64)}`,
    expires: '2026-12-01T00:00:00.000Z',
  } as const;
  const many = (count: number, change = {}) =>
    Array.from({ length: count }, (_, index) => exampleOf({ ...change, of: { key: `k-${index}` } }));

  it('are cut to what a document can hold, and the rest still counts', () => {
    const findings = newVulnerability.judge(exampleScan({ vulnerabilities: many(1_000_000) }), basis);
    expect(findings).toHaveLength(MOST_FINDINGS + 1);
    expect(findings.at(-1)).toMatchObject({ severity: 'fail', message: expect.stringContaining('999600 more') });
  });

  it('put first what is not accepted, so that nothing open hides behind accepted ones', () => {
    const vulnerabilities = [...many(1_000, { accepted }), exampleOf({ of: { key: 'open' } })];
    const findings = newVulnerability.judge(exampleScan({ vulnerabilities }), basis);
    expect(findings[0]).toMatchObject({ key: 'open' });
    expect(findings.at(-1)).toMatchObject({ severity: 'note' });
  });

  it('put first what is to be fixed first: what is exploited, then the worst', () => {
    const [worst, exploited] = [exampleOf({ of: { key: 'c', severity: 'CRITICAL' } }), exampleOf({ exploited: true })];
    const findings = newVulnerability.judge(
      exampleScan({ vulnerabilities: [...many(1_000), worst, exploited, exampleOf({ of: { key: 'last' } })] }),
      basis,
    );
    expect(findings.slice(0, 3).map(({ key }) => key)).toEqual([WEBP.key, 'c', 'k-0']);
  });
});
