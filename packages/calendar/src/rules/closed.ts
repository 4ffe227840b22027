import type { Rule } from '@tillgate/release';
import type { FreezeSeen } from '../seen.ts';
import { CLOSED, LIFT, OPEN, PEAK } from './example.ts';
import { hasBegun, named, remedyFor, WAIT, whenThereIsRoom, windowFinding } from './telling.ts';

/** At the moment asked about, a freeze is on. */
export const closed: Rule<FreezeSeen> = {
  id: 'freeze/closed',
  meaning: 'The release would start inside a freeze window.',
  why: 'A retailer earns a large part of the year in a few days, and nobody wants to look for a fault while the tills are full. The calendar in the policy says when the shop must be left alone.',
  remedy: WAIT,
  bad: [
    { title: 'the peak week has begun', seen: CLOSED, severity: 'fail' },
    {
      title: 'an exception lifts it: told, and accepted until it expires',
      seen: { ...CLOSED, met: [{ ...PEAK, lift: LIFT }] },
      severity: 'fail',
    },
    {
      title: 'a level that only an emergency passes',
      seen: { ...CLOSED, met: [{ ...PEAK, level: 'block-all-but-emergency' }] },
      severity: 'fail',
    },
  ],
  good: [
    { title: 'nothing is in the way', seen: OPEN },
    { title: 'the freeze only advises', seen: { ...CLOSED, met: [{ ...PEAK, level: 'advise' }] } },
    { title: 'a recovery', seen: { ...CLOSED, purpose: 'recovery' } },
  ],
  judge(seen) {
    if (seen.purpose === 'recovery' || seen.class === 'emergency') return [];
    return seen.met
      .filter((met) => met.kind === 'freeze' && met.level !== 'advise' && hasBegun(met, seen))
      .map((met) =>
        windowFinding(this.id, 'fail', met, `${capital(named(met))} is on. ${whenThereIsRoom(seen)}`, remedyFor(met)),
      );
  },
};

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
