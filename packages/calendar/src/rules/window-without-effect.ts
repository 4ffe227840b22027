import type { Rule } from '@tillgate/release';
import type { FreezeSeen } from '../seen.ts';
import { OPEN } from './example.ts';
import { unlessRecovery } from './telling.ts';

/** A window that changes nothing is mostly a mistake. */
export const windowWithoutEffect: Rule<FreezeSeen> = {
  id: 'freeze/window-without-effect',
  meaning: 'A window of the calendar never changes anything.',
  why: 'Whoever wrote it believes that it protects something. A date that does not exist, or a freeze behind which another one always stands, should be mended before it is relied upon.',
  remedy: 'Mend its time or its level, or remove it from the policy.',
  bad: [
    {
      title: 'a freeze of Black Friday inside a freeze of all November',
      seen: {
        ...OPEN,
        idle: [{ window: 'black-friday', why: 'whenever it takes place, november is in force anyway' }],
      },
      severity: 'warn',
    },
  ],
  good: [{ title: 'every window has an effect', seen: OPEN }],
  judge(seen) {
    return seen.idle.map(({ window, why }) => ({
      rule: this.id,
      key: window,
      severity: unlessRecovery(seen, 'warn'),
      message: `The window "${window}" has no effect: ${why}.`,
      place: `calendar.windows.${window}`,
      remedy: this.remedy,
    }));
  },
};
