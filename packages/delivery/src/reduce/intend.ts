import type { SafeState } from '../plan.ts';
import type { Act, Status } from '../status.ts';
import { stepOf } from '../steps-of.ts';
import { shortOf } from './goal-reached.ts';
import { type Active, eachLane, type Now, type Reducer, withLane, withStatus } from './now.ts';
import { permitOf, rises } from './permits.ts';

/** Writes down what is to be done before it is done, and where things would be left if it never were. */
export const intend: Reducer = (now) => {
  const intending = eachLane(now, (so, active) => {
    const { id, lane, step, observed } = active;
    const { intent: _, ...rest } = lane;
    const due = (lane.reached === undefined || shortOf(step.goal, observed).length > 0) && mayGo(so, active);
    const act: Act = { lane: id, step: step.name, goal: step.goal };
    return withLane(so, id, due ? { ...rest, intent: act } : rest);
  });
  return withStatus(intending, { safe: safeNow(intending) });
};

/** Nobody new meets the new version while it is paused, or while nobody knows whether they may. */
function mayGo({ plan, status, seen }: Now, active: Active): boolean {
  return !rises(plan, active) || (!status.paused && permitOf(seen.permits) === 'given');
}

/** All that is intended. */
export const actsOf = ({ lanes }: Status): Act[] => Object.values(lanes).flatMap(({ intent }) => intent ?? []);

function safeNow({ plan, status }: Now): SafeState {
  for (const [id, lane] of Object.entries(status.lanes)) {
    if (lane.end) continue;
    if (lane.way !== 'forward') return lane.way;
    return stepOf(plan, id, lane)?.safe ?? 'stable';
  }
  return Object.values(status.lanes).some(({ end }) => end) ? 'hold' : 'stable';
}
