import type { Rule } from '@tillgate/release';
import type { FreezeSeen } from '../seen.ts';
import { advised } from './advised.ts';
import { clockDoubtful } from './clock-doubtful.ts';
import { closed } from './closed.ts';
import { doesNotFit } from './does-not-fit.ts';
import { emergencyPassage } from './emergency-passage.ts';
import { exceptionRefused } from './exception-refused.ts';
import { feedDoubtful } from './feed-doubtful.ts';
import { feedUnknown } from './feed-unknown.ts';
import { outsideAllowed } from './outside-allowed.ts';
import { recoveryPassage } from './recovery-passage.ts';
import { timeArgued } from './time-argued.ts';
import { windowWithoutEffect } from './window-without-effect.ts';
import { zoneDataDisagrees } from './zone-data-disagrees.ts';
import { zoneDataOld } from './zone-data-old.ts';

/** Every rule of the freeze check. */
export const freezeRules: readonly Rule<FreezeSeen>[] = [
  closed,
  outsideAllowed,
  doesNotFit,
  advised,
  emergencyPassage,
  recoveryPassage,
  exceptionRefused,
  feedUnknown,
  feedDoubtful,
  zoneDataOld,
  zoneDataDisagrees,
  clockDoubtful,
  timeArgued,
  windowWithoutEffect,
];
