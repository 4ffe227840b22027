import { formatDuration, millisOf, parseDuration, parseInstant, type Rule, TimeFormatError } from '@tillgate/release';
import { findingsAbout, type ScanSeen } from '../seen.ts';
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
        vulnerabilities: [exampleOf({ state: 'unchanged', of: { published: '' } })],
        demands: { fixOverdueAfter: '30d' },
      }),
      severity: 'warn',
    },
    {
      title: 'fixed, and the report has no date where the date should be',
      seen: exampleScan({
        vulnerabilities: [exampleOf({ state: 'unchanged', of: { published: 'yesterday' } })],
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
    const several = seen.platforms.length > 1;
    const fixable = seen.vulnerabilities.filter(
      ({ state, vulnerability }) =>
        state === 'unchanged' && vulnerability.fixed !== '' && severities.includes(vulnerability.severity),
    );
    const now = millisOf(seen.at);
    const ages = new Map(fixable.map((one) => [one, ageAt(now, one.vulnerability.published)]));
    return [
      ...findingsAbout(
        fixable.filter((one) => (ages.get(one) ?? 0) > limit),
        (one) => ({
          rule: this.id,
          key: one.vulnerability.key,
          severity: 'fail',
          message: `Fix overdue, published ${formatDuration(ages.get(one) ?? 0)} ago: ${sentence(one)}`,
          remedy: upgrade(one),
        }),
        several,
      ),
      ...findingsAbout(
        fixable.filter((one) => ages.get(one) === undefined),
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

/** Milliseconds since a date that a report names; undefined where it is none, which says nothing. */
function ageAt(now: number, published: string): number | undefined {
  try {
    return now - millisOf(parseInstant(published));
  } catch (cause) {
    if (cause instanceof TimeFormatError) return undefined;
    throw cause;
  }
}
