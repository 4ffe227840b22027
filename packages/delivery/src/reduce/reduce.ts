import type { Plan } from '../plan.ts';
import type { Said } from '../said.ts';
import type { Seen } from '../seen.ts';
import type { Act, Status } from '../status.ts';
import { advance } from './advance.ts';
import { gather } from './gather.ts';
import { hear } from './hear.ts';
import { actsOf, intend } from './intend.ts';
import { judge } from './judge.ts';
import { limits } from './limits.ts';
import { note } from './note.ts';
import type { Now, Reducer } from './now.ts';
import { openLanes } from './open-lanes.ts';
import { wakeAt } from './wake.ts';

/** What follows from one look at the world. */
interface Reduced {
  /** To be committed before any of the acts is done. */
  status: Status;
  acts: Act[];
  /** When to look again, ms by the API server's clock. */
  wakeAt: number;
  said: readonly Said[];
}

/**
 * The order is the meaning: people are heard first; evidence is complete before it is judged; what is bad or at its
 * limit turns before anything advances.
 */
const CONCERNS: readonly Reducer[] = [hear, openLanes, note, gather, judge, limits, advance, intend];

/** One step of a delivery: from what was and what is seen to what is to be. Pure, so whoever has both gets the same. */
export function reduce(plan: Plan, before: Status, seen: Seen): Reduced {
  const start: Now = { plan, seen, status: before, said: [] };
  const { status, said } = CONCERNS.reduce((now, concern) => concern(now), start);
  return { status, acts: actsOf(status), wakeAt: wakeAt(plan, status, seen.at), said };
}
