import type { LaneStatus } from '../status.ts';
import { shortOfStep } from './goal-reached.ts';
import { eachLane, type Reducer, tell, withLane } from './now.ts';

/** Notes when a goal is first reached, and when what was reached is lost again. */
export const note: Reducer = (now) =>
  eachLane(now, (so, active) => {
    const { id, lane, step } = active;
    const { at } = so.seen;
    const short = shortOfStep(so, active);
    if (short.length === 0) {
      const { lost, ...rest } = lane;
      if (lane.reached === undefined) {
        const said = { what: 'reached', lane: id, step: step.name, tookMs: at - lane.since } as const;
        return tell(withLane(so, id, { ...rest, reached: at }), said);
      }
      return lost === undefined ? so : tell(withLane(so, id, rest), { what: 'regained', lane: id, step: step.name });
    }
    if (lane.reached === undefined || lane.lost !== undefined) return so;
    const gone: LaneStatus = { ...lane, lost: at };
    return tell(withLane(so, id, gone), { what: 'lost', lane: id, step: step.name, why: short.join('; ') });
  });
