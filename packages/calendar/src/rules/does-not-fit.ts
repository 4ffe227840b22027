import type { Rule } from '@tillgate/release';
import type { FreezeSeen } from '../seen.ts';
import { OPEN, PEAK } from './example.ts';
import { hasBegun, named, needed, remedyFor, WAIT, whenThereIsRoom, windowFinding } from './telling.ts';

const SOON = { ...PEAK, start: '2024-11-26T13:00:00.000Z' };

/** Open now, but not for long enough. */
export const doesNotFit: Rule<FreezeSeen> = {
  id: 'freeze/does-not-fit',
  meaning: 'A window closes before deployment and watch would have ended.',
  why: 'A release that is still being watched when the freeze begins is a change inside the freeze: its faults show when nobody may mend them.',
  remedy: WAIT,
  bad: [
    {
      title: 'the freeze begins in an hour, deployment and watch take two and a quarter',
      seen: { ...OPEN, met: [SOON], closesAt: SOON.start, nextOpening: PEAK.end },
      severity: 'fail',
    },
  ],
  good: [
    { title: 'there is room until tomorrow night', seen: OPEN },
    { title: 'what begins soon only advises', seen: { ...OPEN, met: [{ ...SOON, level: 'advise' }] } },
    { title: 'a recovery', seen: { ...OPEN, met: [SOON], purpose: 'recovery' } },
  ],
  judge(seen) {
    if (seen.purpose === 'recovery' || seen.class === 'emergency') return [];
    return seen.met
      .filter((met) => met.level !== 'advise' && !hasBegun(met, seen))
      .map((met) =>
        windowFinding(
          this.id,
          'fail',
          met,
          `It is open, but ${named(met)} begins at ${met.start}, before ${needed(seen)} have ended. ${whenThereIsRoom(seen)}`,
          remedyFor(met),
        ),
      );
  },
};
