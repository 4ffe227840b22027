import { describe, expect, it } from '@jest/globals';
import type { Assessed, ScanSeen } from '@tillgate/image-scan';
import { summaryOf } from './summary.ts';

const found = (change: Partial<Assessed['vulnerability']> = {}, more: Partial<Assessed> = {}): Assessed => ({
  vulnerability: {
    key: 'os-pkgs pkg:deb/debian/libwebp7 CVE-2023-4863',
    id: 'CVE-2023-4863',
    purl: 'pkg:deb/debian/libwebp7',
    packageName: 'libwebp7',
    installed: '1.2.4-0.2',
    fixed: '1.2.4-0.2+deb12u1',
    severity: 'HIGH',
    title: 'libwebp: Heap buffer overflow in WebP Codec',
    path: '',
    published: '',
    ...change,
  },
  platform: 'linux/amd64',
  state: 'new',
  exploited: false,
  ...more,
});

const seenWith = (...vulnerabilities: Assessed[]): ScanSeen => ({
  at: '2026-11-21T12:00:00.000Z',
  image: `sha256:${'a'.repeat(64)}`,
  demands: {} as ScanSeen['demands'],
  baseline: [`sha256:${'b'.repeat(64)}`],
  platforms: [
    {
      platform: 'linux/amd64',
      os: { family: 'debian', name: '12.11', endOfLife: false },
      packages: 10,
      fixed: 2,
      secrets: [],
      misconfigurations: [],
    },
  ],
  vulnerabilities,
  troubles: [],
  idle: [],
  signature: { proven: false, why: 'not asked for' },
  provenance: { proven: false, why: 'not asked for' },
  commitBinding: 'label',
});

describe('the summary', () => {
  it('counts, charts, and names first what clears most', () => {
    const summary = summaryOf(
      seenWith(
        found({ id: 'CVE-2026-4437', packageName: 'libc6', installed: '2.36-9+deb12u10', fixed: '2.36-9+deb12u14' }),
        found({
          id: 'CVE-2026-4438',
          packageName: 'libc6',
          installed: '2.36-9+deb12u10',
          fixed: '2.36-9+deb12u14',
          severity: 'MEDIUM',
        }),
        found({ id: 'CVE-2026-45186', packageName: 'libexpat1', severity: 'LOW' }, { state: 'unchanged' }),
        found({}, { exploited: true }),
      ),
    );
    expect(summary).toContain('| 3 | 2 | 1 | 0 |');
    expect(summary).toMatch(/bar \[0, 2, 1, 0, 0\]\n {2}line \[0, 0, 0, 1, 0\]/);
    const order = ['libwebp7', 'libc6', 'libexpat1'].map((name) => summary.indexOf(`| ${name} |`));
    expect(order).toEqual([...order].sort((a, b) => a - b));
    expect(summary).toContain('| libc6 | 2.36-9+deb12u10 | 2.36-9+deb12u14 | 2 | 0 | HIGH |');
  });

  it('shows what a report says and lets it do nothing', () => {
    const summary = summaryOf(
      seenWith(
        found({
          title:
            '\u001b[31mred\u001b[0m | <img src=x onerror=alert(1)> [click](https://evil.example) @everyone `x`\n## heading',
        }),
        found({ packageName: '| a | b |\n```\nmermaid', id: 'CVE-1' }),
      ),
    );
    expect(summary).not.toContain(String.fromCharCode(27));
    expect(summary).not.toMatch(/<img|\]\(https|@everyone|^## heading/m);
    const rows = summary.split('\n').filter((line) => line.startsWith('| HIGH |'));
    expect(rows.map((row) => row.split(' | ').length)).toEqual([6, 6]);
    expect(summary.match(/```/g)).toHaveLength(2);
  });

  it('says how many it does not show', () => {
    const by = {
      by: 'waiver',
      id: 'w',
      digest: `sha256:${'c'.repeat(64)}`,
      expires: '2026-12-01T00:00:00.000Z',
    } as const;
    const many = (more: Partial<Assessed>) =>
      Array.from({ length: 45 }, (_, index) => found({ packageName: `lib${index}` }, more));
    const summary = summaryOf(seenWith(...many({}), ...many({ state: 'unchanged', accepted: by })));
    const after = (title: string) => summary.split(`#### ${title}`)[1]?.split('####')[0];
    expect(after('Upgrade first')).toContain('35 more upgrades');
    expect(after('New')).toContain('15 more, none worse');
    expect(after('Accepted, and by whom')).toContain('15 more, none worse');
  });

  it('tells what is new in the order of what to fix first: exploited, then the worst', () => {
    const summary = summaryOf(
      seenWith(
        ...Array.from({ length: 40 }, (_, index) => found({ id: `CVE-2026-1${index + 100}`, severity: 'LOW' })),
        found({ id: 'CVE-2026-20000', severity: 'CRITICAL' }),
        found({ id: 'CVE-2026-20001', severity: 'MEDIUM' }, { exploited: true }),
      ),
    );
    const rows = summary.split('\n').filter((line) => /^\| (LOW|MEDIUM|CRITICAL) \|/.test(line));
    expect(rows.slice(0, 3).map((row) => row.split(' | ')[1])).toEqual([
      'CVE-2026-20001 **exploited**',
      'CVE-2026-20000',
      'CVE-2026-1100',
    ]);
  });

  it('says that nothing was compared where no digest of production was given', () => {
    expect(summaryOf({ ...seenWith(), baseline: [] })).toContain('no digest of production was given');
  });
});
