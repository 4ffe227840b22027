import type { LaneId, Plan, Step } from '../plan.ts';
import type { Said } from '../said.ts';
import type { Observed, Seen } from '../seen.ts';
import type { LaneStatus, Status } from '../status.ts';
import { stepOf } from '../steps-of.ts';

/** What reducers hand on: the frozen plan, what is seen at one moment, and what has been made of it so far. */
export interface Now {
  readonly plan: Plan;
  readonly seen: Seen;
  readonly status: Status;
  readonly said: readonly Said[];
}

/** One concern of a delivery. Pure: it looks at what it is given and nowhere else. */
export type Reducer = (now: Now) => Now;

/** A lane that is on its way, with the step that it is at and what is seen of it. */
export interface Active {
  id: LaneId;
  lane: LaneStatus;
  step: Step;
  observed: Observed;
}

/** Lanes on their way of which something is seen. */
export function activeLanes({ plan, status, seen }: Pick<Now, 'plan' | 'status' | 'seen'>): Active[] {
  return Object.entries(status.lanes).flatMap(([id, lane]) => {
    const step = stepOf(plan, id, lane);
    const observed = seen.lanes[id];
    return lane.end || !step || !observed ? [] : [{ id, lane, step, observed }];
  });
}

/** The same with another status for one lane. */
export function withLane(now: Now, id: LaneId, lane: LaneStatus): Now {
  return withStatus(now, { lanes: { ...now.status.lanes, [id]: lane } });
}

export function withStatus(now: Now, changes: Partial<Status>): Now {
  return { ...now, status: { ...now.status, ...changes } };
}

/** The same, with something told. The time is that of what was seen. */
export function tell(now: Now, said: WithoutTime<Said>): Now {
  return { ...now, said: [...now.said, { at: now.seen.at, ...said } as Said] };
}

type WithoutTime<T> = T extends unknown ? Omit<T, 'at'> : never;

/** Goes through the lanes that are active now, one after the other; each sees what became of those before. */
export function eachLane(now: Now, reducer: (now: Now, active: Active) => Now): Now {
  return activeLanes(now).reduce((next, { id }) => {
    const active = activeLanes(next).find((each) => each.id === id);
    return active ? reducer(next, active) : next;
  }, now);
}
