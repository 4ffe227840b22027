import type { End, LaneStatus, Passage, Way } from '../status.ts';
import { stepsOf } from '../steps-of.ts';
import { evidenceOf } from './evidence-of.ts';
import { type Active, type Now, tell, withLane, withStatus } from './now.ts';

/**
 * Leaves the step that a lane is at, for the one of that number on that way; behind the last one the lane has
 * ended. What is left is kept: records are written from it.
 */
export function enterStep(now: Now, { id, lane, step }: Active, way: Way, index: number, because: string): Now {
  const { at } = now.seen;
  const evidence = step.watched === null ? [] : evidenceOf(now.plan, now.status, step.watched);
  const passage: Passage = {
    lane: id,
    way: lane.way,
    step: step.name,
    share: step.goal.candidateShare,
    since: lane.since,
    reached: lane.reached ?? null,
    left: at,
    because,
    evidence,
  };
  const left = tell(withStatus(now, { history: [...now.status.history, passage] }), {
    what: 'left',
    lane: id,
    step: step.name,
    because,
    evidence,
  });
  const next = stepsOf(now.plan, id, way)[index];
  const entered: LaneStatus = { way, step: index, since: at, limitFrom: at };
  if (next) {
    const { name, goal } = next;
    return tell(withLane(left, id, entered), {
      what: 'began',
      lane: id,
      way,
      step: name,
      share: goal.candidateShare,
    });
  }
  return endLane(left, id, { ...entered, step: Math.max(0, index - 1) });
}

/** Ends a lane where its way leads. */
export function endLane(now: Now, id: string, lane: LaneStatus, end: End = endOf(now, lane.way)): Now {
  const { intent: _, ...rest } = lane;
  return tell(withLane(now, id, { ...rest, end }), { what: 'ended', lane: id, end });
}

function endOf({ plan }: Now, way: Way): End {
  if (way === 'hold' || way === 'maintenance') return 'held';
  return plan.strategy === 'rollback' || way === 'stable' ? 'returned' : 'promoted';
}
