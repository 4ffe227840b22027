import type { Rule } from '@tillgate/release';
import type { FreezeSeen } from '../seen.ts';
import { CLOSED, OPEN } from './example.ts';
import { named, windowFinding } from './telling.ts';

/** Taking a release back is never frozen. */
export const recoveryPassage: Rule<FreezeSeen> = {
  id: 'freeze/recovery-passage',
  meaning: 'A recovery passes through a freeze.',
  why: 'A freeze protects what works. Where something does not work any more, waiting for the freeze to end would protect the fault.',
  remedy: 'Nothing is to be done; the verdict names the freeze for those who read it later.',
  bad: [{ title: 'a rollback in the peak week', seen: { ...CLOSED, purpose: 'recovery' }, severity: 'note' }],
  good: [
    { title: 'a rollback on a free day', seen: { ...OPEN, purpose: 'recovery' } },
    { title: 'a release, which other rules judge', seen: CLOSED },
  ],
  judge(seen) {
    if (seen.purpose !== 'recovery') return [];
    return seen.met
      .filter(({ level }) => level !== 'advise')
      .map((met) => windowFinding(this.id, 'note', met, `The recovery passes ${named(met)}.`, this.remedy));
  },
};
