import type { Rule } from '@tillgate/release';
import type { SmokeSeen } from '../seen.ts';
import { flowFailed } from './flow-failed.ts';
import { kept } from './kept.ts';
import { flowLeftOut, readingOnly } from './left-out.ts';
import { leftovers } from './leftovers.ts';
import { notCompared } from './not-compared.ts';
import { flowBlocked, noAnswer, onlyPlanned } from './not-known.ts';
import { notReached } from './not-reached.ts';
import { slower, tooFewTimes } from './slower.ts';

/** Everything that can be said about a run of smoke flows, in the order in which it is told. */
export const smokeRules: readonly Rule<SmokeSeen>[] = [
  flowFailed,
  notReached,
  slower,
  flowBlocked,
  noAnswer,
  flowLeftOut,
  onlyPlanned,
  leftovers,
  kept,
  notCompared,
  tooFewTimes,
  readingOnly,
];
