import type { Rule } from '@tillgate/release';
import { cut, type IdleAcceptance, type ScanSeen } from '../seen.ts';
import { exampleScan } from './example-scan.ts';

const WHY: Record<IdleAcceptance['why'], string> = {
  expired: 'has expired and no longer counts',
  'ends-too-late': 'ends later than the class allows and does not count',
  unmatched: 'matches nothing in this image',
  'not-believed': 'is not believed',
};

export const idleAcceptance: Rule<ScanSeen> = {
  id: 'scan/idle-acceptance',
  meaning:
    'A waiver or an OpenVEX statement changes nothing: it has expired, ends too late, fits nothing, or is not believed.',
  why: 'An acceptance that nobody needs any more is a hole that waits for its finding; one that silently does not count surprises on the day of the release.',
  remedy: 'Take it out of the policy, or renew it with an end that the class allows.',
  bad: [
    {
      title: 'an expired waiver',
      seen: exampleScan({
        idle: [{ id: 'w-1', kind: 'waiver', why: 'expired', detail: 'CVE-2023-4863 in pkg:pypi/pillow' }],
      }),
      severity: 'warn',
    },
  ],
  good: [{ title: 'every waiver is of use', seen: exampleScan() }],
  judge(seen) {
    return cut(seen.idle, ({ id, kind, why, detail }) => ({
      rule: this.id,
      key: `${kind} ${id} ${detail}`,
      severity: 'warn' as const,
      message: `The ${kind === 'waiver' ? 'waiver' : 'OpenVEX statement'} ${id} ${WHY[why]} (${detail}).`,
      remedy: this.remedy,
    }));
  },
};
