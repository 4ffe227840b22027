import type { Rule } from '@tillgate/release';
import type { FreezeSeen } from '../seen.ts';
import { CLOSED, LIFT, OPEN } from './example.ts';
import { unlessRecovery } from './telling.ts';

const ASKED = {
  id: 'fix-vat',
  windows: ['peak-week'],
  reason: 'Wrong VAT on gift cards',
  requestedBy: 'pricing',
  approvedBy: 'head-of-platform',
  expires: LIFT.expires,
  document: LIFT.document,
};

/** An exception that does not count says why. */
export const exceptionRefused: Rule<FreezeSeen> = {
  id: 'freeze/exception-refused',
  meaning: 'An exception for this release is not taken.',
  why: 'An exception opens a freeze, so it must say for which release, for how long and by whose decision. One that opens more than that is no exception.',
  remedy:
    'Have it written again: for this release digest, approved by another person, no longer than the policy allows.',
  bad: [
    {
      title: 'approved by the person who asked for it',
      seen: { ...CLOSED, exceptions: [{ ...ASKED, refused: 'pricing asked for it and approved it' }] },
      severity: 'warn',
    },
  ],
  good: [
    { title: 'there is none', seen: OPEN },
    { title: 'it is in order', seen: { ...CLOSED, exceptions: [ASKED] } },
  ],
  judge(seen) {
    return seen.exceptions.flatMap(({ id, refused, windows }) =>
      refused === undefined
        ? []
        : [
            {
              rule: this.id,
              key: id,
              severity: unlessRecovery(seen, 'warn'),
              message: `The exception "${id}" for ${windows.join(', ')} does not count: ${refused}.`,
              place: `exception ${id}`,
              remedy: this.remedy,
            },
          ],
    );
  },
};
