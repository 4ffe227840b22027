import { enterStep } from './enter-step.ts';
import { eachLane, type Reducer } from './now.ts';
import { permitOf } from './permits.ts';
import { missingProofs } from './proofs.ts';
import { turn } from './turn.ts';

/**
 * Leaves a step when all that it asks for holds at once. Permits are looked at last: a freeze or an expired record
 * turns only what would otherwise have gone on, and never what goes back.
 */
export const advance: Reducer = (now) =>
  eachLane(now, (so, active) => {
    const { lane } = active;
    if (lane.way === 'forward' && so.status.paused) return so;
    const missing = missingProofs(so, active);
    if (missing.some(({ by }) => by !== 'permits')) return so;
    if (missing.length === 0) return enterStep(so, active, lane.way, lane.step + 1, lane.waved?.reason ?? 'proved');
    const permit = permitOf(so.seen.permits);
    return typeof permit === 'string' ? so : turn(so, 'unknown', permit.by, permit.reason);
  });
