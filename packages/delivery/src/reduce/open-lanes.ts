import type { LaneId } from '../plan.ts';
import { stepsOf } from '../steps-of.ts';
import { type Now, type Reducer, tell, withLane } from './now.ts';
import { needsPermits, permitOf } from './permits.ts';
import { turn } from './turn.ts';

/**
 * Begins lanes: those of a group only when all groups before went well, and never more at a time than the plan says. A
 * lane that needs permits later is not begun without them.
 */
export const openLanes: Reducer = (now) => {
  const { plan, status } = now;
  if (status.decided || status.paused) return now;
  const running = Object.values(status.lanes).filter(({ end }) => !end).length;
  const next = waiting(now).slice(0, Math.max(0, plan.parallel - running));
  return next.reduce((so, id) => {
    if (so.status.decided) return so;
    const permit = needsPermits(plan, id) ? permitOf(so.seen.permits) : 'given';
    if (permit === 'given') return open(so, id);
    return permit === 'unknown' ? so : turn(so, 'unknown', permit.by, permit.reason);
  }, now);
};

/** Lanes that may begin now and have not. */
function waiting({ plan, status }: Now): LaneId[] {
  const wave = plan.waves.find((lanes) => lanes.some(({ id }) => status.lanes[id]?.end !== 'promoted'));
  return (wave ?? []).map(({ id }) => id).filter((id) => !status.lanes[id]);
}

function open(now: Now, id: LaneId): Now {
  const { at } = now.seen;
  const [first] = stepsOf(now.plan, id, 'forward');
  if (!first) return now;
  const begun = withLane(now, id, { way: 'forward', step: 0, since: at, limitFrom: at });
  return tell(begun, { what: 'began', lane: id, way: 'forward', step: first.name, share: first.goal.candidateShare });
}
