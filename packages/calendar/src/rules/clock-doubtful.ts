import { formatDuration, type Rule } from '@tillgate/release';
import type { FreezeSeen } from '../seen.ts';
import { OPEN } from './example.ts';
import { unlessRecovery } from './telling.ts';

/** The largest difference between two clocks that is not worth a word, in milliseconds. */
const LARGEST_OFFSET = 60_000;

/** The machine's clock against a second one. */
export const clockDoubtful: Rule<FreezeSeen> = {
  id: 'freeze/clock-doubtful',
  meaning: 'This machine’s clock and a second source differ by more than a minute.',
  why: 'Whoever can set the clock of the machine that decides could talk every freeze away.',
  remedy: 'Set the clock of the runner (NTP), or find out which of the two is wrong.',
  bad: [
    {
      title: 'two minutes apart',
      seen: { ...OPEN, clock: { source: 'system', secondSource: 'api.github.com', offsetMs: -120_000 } },
      severity: 'unknown',
    },
  ],
  good: [
    { title: 'a second apart', seen: OPEN },
    {
      title: 'no second source could be reached; the evidence says so',
      seen: { ...OPEN, clock: { source: 'system' } },
    },
  ],
  judge(seen) {
    const { source, secondSource, offsetMs } = seen.clock;
    if (offsetMs === undefined || Math.abs(offsetMs) <= LARGEST_OFFSET) return [];
    return [
      {
        rule: this.id,
        key: secondSource ?? source,
        severity: unlessRecovery(seen, 'unknown'),
        message: `The clock "${source}" is ${formatDuration(Math.abs(offsetMs))} ${offsetMs > 0 ? 'ahead of' : 'behind'} ${secondSource ?? 'the second source'}: what time it is is not known.`,
        remedy: this.remedy,
      },
    ];
  },
};
