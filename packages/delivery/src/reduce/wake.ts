import { isOver } from '../phase.ts';
import type { Plan, Step } from '../plan.ts';
import type { LaneStatus, Status } from '../status.ts';
import { stepOf } from '../steps-of.ts';

/** How soon is looked again while something is being brought about, in ms. */
const ACTING = 1_000;
/** How soon at least, while nothing but time and evidence is waited for. What people say wakes whoever rests. */
const WAITING = 5_000;
/** And how soon where a step lasts for hours and compares nothing. */
const WATCHING = 30_000;
const HOUR = 3_600_000;

/** When to look again, in ms by the API server's clock. */
export function wakeAt(plan: Plan, status: Status, at: number): number {
  if (isOver(plan, status)) return at;
  const times = Object.entries(status.lanes).flatMap(([id, lane]) => {
    const step = lane.end ? undefined : stepOf(plan, id, lane);
    return step ? timesOf(lane, step, at) : [];
  });
  const later = [...times, status.deadline].filter((time) => time > at);
  return Math.min(times.length > 0 ? Number.POSITIVE_INFINITY : at + WAITING, ...later);
}

function timesOf(lane: LaneStatus, step: Step, at: number): number[] {
  if (lane.intent) return [at + ACTING];
  const look = step.maxMs > HOUR && step.watched !== 'beside' ? WATCHING : WAITING;
  const proved = step.leaveWhen.flatMap((proof) => (proof.by === 'time' ? [(lane.reached ?? at) + proof.ms] : []));
  return [at + look, lane.limitFrom + step.maxMs + 1, ...proved];
}
