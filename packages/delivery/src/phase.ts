import type { Plan } from './plan.ts';
import type { End, Status } from './status.ts';

/** Where a delivery stands, in a word. */
export type Phase = 'starting' | 'forward' | 'paused' | 'back' | End;

export function phaseOf(plan: Plan, { lanes, decided, paused }: Status): Phase {
  const begun = Object.values(lanes);
  const ends = begun.flatMap(({ end }) => end ?? []);
  if (ends.length < begun.length) {
    const back = begun.some(({ end, way }) => !end && way !== 'forward');
    return back ? 'back' : paused ? 'paused' : 'forward';
  }
  if (begun.length === 0) return decided ? 'returned' : 'starting';
  if (ends.includes('held')) return 'held';
  if (ends.includes('returned')) return 'returned';
  if (begun.length === plan.waves.flat().length) return 'promoted';
  // Some have the new version and the rest never will: that is for a person.
  return decided ? 'held' : paused ? 'paused' : 'forward';
}

/** Whether nothing is left to do: no lane is on its way, and none will begin. */
export function isOver(plan: Plan, status: Status): boolean {
  return endOf(plan, status) !== undefined;
}

/** How a delivery ended; undefined where it has not. */
export function endOf(plan: Plan, status: Status): End | undefined {
  const phase = phaseOf(plan, status);
  return phase === 'promoted' || phase === 'returned' || phase === 'held' ? phase : undefined;
}
