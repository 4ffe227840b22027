import type { LaneId, Plan, Step } from './plan.ts';
import type { LaneStatus, Way } from './status.ts';

/** The steps of a lane on one of its ways; none where it is to stay as it is. */
export function stepsOf(plan: Plan, lane: LaneId, way: Way): readonly Step[] {
  if (way === 'hold') return [];
  if (way !== 'forward') return plan.ways[way] ?? [];
  return plan.waves.flat().find(({ id }) => id === lane)?.steps ?? [];
}

/** The step that a lane is at; undefined where it is to stay as it is. */
export function stepOf(plan: Plan, lane: LaneId, { way, step }: LaneStatus): Step | undefined {
  return stepsOf(plan, lane, way)[step];
}
