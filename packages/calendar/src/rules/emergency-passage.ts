import type { Rule } from '@tillgate/release';
import type { FreezeSeen, MetWindow } from '../seen.ts';
import { CLOSED, OPEN } from './example.ts';
import { named, windowFinding } from './telling.ts';

const DECLARED = {
  id: 'till-outage',
  requestedBy: 'store-operations',
  approvedBy: 'head-of-platform',
  reason: 'Card payments fail in all stores.',
  reviewDue: '2024-12-06T12:00:00.000Z',
};

/** An emergency passes a freeze, and never silently. */
export const emergencyPassage: Rule<FreezeSeen> = {
  id: 'freeze/emergency-passage',
  meaning: 'An emergency release passes through a freeze.',
  why: 'A shop that cannot sell must be mended on the busiest day of the year too. Who decided so, and why, belongs into the verdict, and somebody looks at it afterwards.',
  remedy: 'Hold the review that is due, and write down what it found.',
  bad: [
    {
      title: 'a declared emergency in the peak week',
      seen: { ...CLOSED, class: 'emergency', emergency: DECLARED },
      severity: 'warn',
    },
    {
      title: 'an emergency without an account of who and why',
      seen: { ...CLOSED, class: 'emergency' },
      severity: 'fail',
    },
  ],
  good: [{ title: 'an emergency on a free day', seen: { ...OPEN, class: 'emergency', emergency: DECLARED } }],
  judge(seen) {
    if (seen.purpose === 'recovery' || seen.class !== 'emergency') return [];
    const { emergency } = seen;
    return seen.met
      .filter(({ level }) => level !== 'advise')
      .map((met) =>
        emergency
          ? windowFinding(
              this.id,
              'warn',
              met,
              `Emergency ${emergency.id} passes ${named(met)}. Asked by ${emergency.requestedBy}, approved by ${emergency.approvedBy}: ${emergency.reason} A review is due by ${emergency.reviewDue}.`,
              this.remedy,
            )
          : windowFinding(
              this.id,
              'fail',
              withoutLift(met),
              `An emergency without a declaration meets ${named(met)}: it is not known who decided so, or why.`,
              'Declare the emergency in the policy, with who asked, who approved, why and until when.',
            ),
      );
  },
};

/** An exception is no declaration: it opens a window, it does not make an emergency. */
function withoutLift({ lift: _, ...met }: MetWindow): MetWindow {
  return met;
}
