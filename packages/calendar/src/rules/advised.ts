import type { Rule } from '@tillgate/release';
import type { FreezeSeen } from '../seen.ts';
import { CLOSED, OPEN, PEAK } from './example.ts';
import { named, unlessRecovery, windowFinding } from './telling.ts';

const ADVICE = { ...PEAK, level: 'advise' } as const;

/** A window that tells, and does not close. */
export const advised: Rule<FreezeSeen> = {
  id: 'freeze/advised',
  meaning: 'The calendar advises against releasing now.',
  why: 'Some days are worth a thought without being worth a lock: the people who release should know that they chose one.',
  remedy: 'Release if it must be today; otherwise choose another day.',
  bad: [
    { title: 'a week of which the calendar warns', seen: { ...CLOSED, met: [ADVICE] }, severity: 'warn' },
    {
      title: 'a recovery is told as well, as a note',
      seen: { ...CLOSED, met: [ADVICE], purpose: 'recovery' },
      severity: 'note',
    },
  ],
  good: [{ title: 'nothing is in the way', seen: OPEN }],
  judge(seen) {
    return seen.met
      .filter(({ level }) => level === 'advise')
      .map((met) =>
        windowFinding(
          this.id,
          unlessRecovery(seen, 'warn'),
          met,
          `The calendar advises against it: ${named(met)}.`,
          this.remedy,
        ),
      );
  },
};
