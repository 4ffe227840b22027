import type { LaneId, Plan } from '../plan.ts';
import type { Permits } from '../seen.ts';
import { stepsOf } from '../steps-of.ts';
import type { Active } from './now.ts';

/** Whether a release may go a step forward. What is not known holds it; what is known to forbid turns it. */
type Permit = 'given' | 'unknown' | { by: 'freeze' | 'record'; reason: string };

export function permitOf({ freeze, record, because }: Permits): Permit {
  const why = because.length > 0 ? because.join(' ') : 'No reason was told.';
  if (freeze === 'closed') return { by: 'freeze', reason: `A freeze has begun. ${why}` };
  if (record === 'expired' || record === 'superseded')
    return { by: 'record', reason: `The record is ${record}. ${why}` };
  return freeze === 'open' && record === 'valid' ? 'given' : 'unknown';
}

/** Whether a lane asks for permits at any of its steps. A way back never does. */
export function needsPermits(plan: Plan, id: LaneId): boolean {
  return stepsOf(plan, id, 'forward').some(({ leaveWhen }) => leaveWhen.some(({ by }) => by === 'permits'));
}

/**
 * Whether more people would meet the new version by what a lane is about to do. It was permitted when the step before was
 * left, but that may be long ago: pods take their time, a runner that died is started again the next day, and what was
 * reached may have been taken away meanwhile.
 */
export function rises(plan: Plan, { id, lane, step: { goal }, observed }: Active): boolean {
  if (lane.way !== 'forward' || !needsPermits(plan, id)) return false;
  const promotes = goal.stable === plan.to && observed.stable.image !== plan.to;
  return promotes || goal.candidateShare > observed.candidateShare;
}
