import { describe, expect, it } from '@jest/globals';
import { exampleOf } from '../rules/example-scan.ts';
import type { Assessed } from '../seen.ts';
import { fixFirst } from './fix-first.ts';

const found = (packageName: string, id: string, of: Partial<Assessed['vulnerability']> = {}, more = {}) =>
  exampleOf({ of: { packageName, installed: '1', id, fixed: '2', severity: 'MEDIUM', ...of }, ...more });
const order = (...list: Assessed[]) => fixFirst(list).map(({ packageName }) => packageName);

describe('what to upgrade first', () => {
  it('is what clears something exploited, then the worst, then the most', () => {
    const many = ['CVE-1', 'CVE-2', 'CVE-3'].map((id) => found('many', id));
    const few = [found('few', 'CVE-4')];
    const worst = [found('worst', 'CVE-5', { severity: 'CRITICAL' })];
    const exploited = [found('exploited', 'CVE-6', { severity: 'LOW' }, { exploited: true })];
    expect(order(...few, ...many, ...worst, ...exploited)).toEqual(['exploited', 'worst', 'many', 'few']);
  });

  it('counts what several platforms or places have once', () => {
    const twice = [found('a', 'CVE-1'), found('a', 'CVE-1', {}, { platform: 'linux/arm64' })];
    expect(fixFirst(twice)).toMatchObject([{ packageName: 'a', clears: 1 }]);
  });

  it('names every version that fixes something: the newest clears all', () => {
    const [upgrade] = fixFirst([
      found('a', 'CVE-1', { fixed: '1.10', severity: 'LOW' }),
      found('a', 'CVE-2', { fixed: '1.9', severity: 'HIGH' }),
      found('a', 'CVE-3', { fixed: '1.9' }),
    ]);
    expect(upgrade).toMatchObject({ fixed: ['1.10', '1.9'], clears: 3, worst: 'HIGH' });
  });

  it('leaves out what has no fix, and what is accepted', () => {
    const accepted = { by: 'waiver', id: 'w', digest: `sha256:${'a'.repeat(64)}`, expires: '2026-12-01T00:00:00.000Z' };
    expect(order(found('none', 'CVE-1', { fixed: '' }), found('accepted', 'CVE-2', {}, { accepted }))).toEqual([]);
  });
});
