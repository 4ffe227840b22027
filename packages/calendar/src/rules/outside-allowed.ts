import type { Rule } from '@tillgate/release';
import type { FreezeSeen } from '../seen.ts';
import { CLOSED, OPEN, PEAK } from './example.ts';
import { hasBegun, named, remedyFor, WAIT, whenThereIsRoom, windowFinding } from './telling.ts';

const NIGHT = { ...PEAK, window: 'nights', kind: 'allow' } as const;

/** Where allow windows apply, the rest of the time is closed. */
export const outsideAllowed: Rule<FreezeSeen> = {
  id: 'freeze/outside-allowed',
  meaning: 'Releases of this kind have hours of their own, and this is not one of them.',
  why: 'Allow windows name the hours in which somebody is there to watch and few customers are; outside them a fault costs more and is seen later.',
  remedy: WAIT,
  bad: [{ title: 'noon, and only nights are allowed', seen: { ...CLOSED, met: [NIGHT] }, severity: 'fail' }],
  good: [
    { title: 'inside an allow window', seen: OPEN },
    { title: 'a recovery', seen: { ...CLOSED, met: [NIGHT], purpose: 'recovery' } },
  ],
  judge(seen) {
    if (seen.purpose === 'recovery' || seen.class === 'emergency') return [];
    return seen.met
      .filter((met) => met.kind === 'allow' && met.level !== 'advise' && hasBegun(met, seen))
      .map((met) =>
        windowFinding(this.id, 'fail', met, `This is ${named(met)}. ${whenThereIsRoom(seen)}`, remedyFor(met)),
      );
  },
};
