import { formatDuration, millisOf, parseDuration, type Rule } from '@tillgate/release';
import { type Assessed, findingsAbout, type ScanSeen } from '../seen.ts';
import { exampleOf, exampleScan } from './example-scan.ts';
import { sentence, upgrade } from './new-vulnerability.ts';

export const overdueFix: Rule<ScanSeen> = {
  id: 'scan/overdue-fix',
  meaning:
    'Production and the image have a vulnerability of a blocking severity, there is a fix, and the vulnerability was published longer ago than the class allows.',
  why: 'A baseline must not become a place where known holes are kept. The day of the fix itself is in no report: the day of publication stands for it, so the rule speaks rather early than late.',
  remedy: 'Upgrade the package named, or let a waiver with an end be approved in the policy.',
  bad: [
    {
      title: 'three years old and fixed, where 30 days are allowed',
      seen: exampleScan({
        vulnerabilities: [exampleOf({ state: 'unchanged' })],
        demands: { fixOverdueAfter: '30d' },
      }),
      severity: 'fail',
    },
    {
      title: 'fixed, and nobody knows when it was published',
      seen: exampleScan({
        vulnerabilities: [
          { ...exampleOf({ state: 'unchanged' }), vulnerability: withoutDate(exampleOf().vulnerability) },
        ],
        demands: { fixOverdueAfter: '30d' },
      }),
      severity: 'warn',
    },
  ],
  good: [
    {
      title: 'there is no fix',
      seen: exampleScan({
        vulnerabilities: [exampleOf({ state: 'unchanged', of: { fixed: '' } })],
        demands: { fixOverdueAfter: '30d' },
      }),
    },
    {
      title: 'published ten days ago',
      seen: exampleScan({
        vulnerabilities: [exampleOf({ state: 'unchanged', of: { published: '2026-10-11T12:00:00.000Z' } })],
        demands: { fixOverdueAfter: '30d' },
      }),
    },
    {
      title: 'the class sets no limit',
      seen: exampleScan({ vulnerabilities: [exampleOf({ state: 'unchanged' })] }),
    },
  ],
  judge(seen) {
    const { fixOverdueAfter, severities } = seen.demands;
    if (fixOverdueAfter === undefined) return [];
    const limit = parseDuration(fixOverdueAfter);
    const ageOf = ({ vulnerability: { published } }: Assessed) =>
      published === undefined ? undefined : millisOf(seen.at) - millisOf(published);
    const several = seen.platforms.length > 1;
    const fixable = seen.vulnerabilities.filter(
      ({ state, vulnerability }) =>
        state === 'unchanged' && vulnerability.fixed !== '' && severities.includes(vulnerability.severity),
    );
    return [
      ...findingsAbout(
        fixable.filter((one) => (ageOf(one) ?? 0) > limit),
        (one) => ({
          rule: this.id,
          key: one.vulnerability.key,
          severity: 'fail',
          message: `Fix overdue, published ${formatDuration(ageOf(one) ?? 0)} ago: ${sentence(one)}`,
          remedy: upgrade(one),
        }),
        several,
      ),
      ...findingsAbout(
        fixable.filter((one) => ageOf(one) === undefined),
        (one) => ({
          rule: this.id,
          key: one.vulnerability.key,
          severity: 'warn',
          message: `A fix exists, and since when is not known: ${sentence(one)}`,
          remedy: upgrade(one),
        }),
        several,
      ),
    ];
  },
};

function withoutDate<T extends { published?: string }>({ published: _, ...rest }: T): Omit<T, 'published'> {
  return rest;
}
