import { formatDuration, millisOf, type Rule } from '@tillgate/release';
import type { FreezeSeen } from '../seen.ts';
import { OPEN } from './example.ts';
import { unlessRecovery } from './telling.ts';

/** Steps of a job take a while: `at` may lie so far back, in milliseconds. */
const PAST = 60_000;

/** Time cannot be argued away. */
export const timeArgued: Rule<FreezeSeen> = {
  id: 'freeze/time-argued',
  meaning: 'The gate was asked about another time than now, and its answer would count.',
  why: 'Whoever may choose the time may choose one outside the freeze.',
  remedy: 'Leave out the input `at`, or ask with `mode: report`, which answers for any time and does not count.',
  bad: [
    { title: 'last week', seen: { ...OPEN, at: '2024-11-19T12:00:00.000Z' }, severity: 'fail' },
    { title: 'next year', seen: { ...OPEN, at: '2025-01-14T12:00:00.000Z' }, severity: 'fail' },
  ],
  good: [
    { title: 'now', seen: OPEN },
    { title: 'in half an hour', seen: { ...OPEN, at: '2024-11-26T12:30:00.000Z' } },
  ],
  judge(seen, basis) {
    const ahead = millisOf(seen.at) - millisOf(seen.now);
    if (basis.mode === 'report' || (ahead >= -PAST && ahead <= seen.aheadMs)) return [];
    const where = ahead < 0 ? `${formatDuration(-ahead)} ago` : `${formatDuration(ahead)} ahead`;
    return [
      {
        rule: this.id,
        key: 'at',
        severity: unlessRecovery(seen, 'fail'),
        message: `The time asked about, ${seen.at}, is ${where}. An answer that counts is about now, or at most ${formatDuration(seen.aheadMs)} ahead.`,
        place: 'input at',
        remedy: this.remedy,
      },
    ];
  },
};
