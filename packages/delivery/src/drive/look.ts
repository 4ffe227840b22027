import { isOver } from '../phase.ts';
import type { LaneId, Plan } from '../plan.ts';
import { type Counts, type PermitOffice, type Target, Unavailable } from '../ports.ts';
import { watchedNow } from '../reduce/gather.ts';
import type { Command, Observed, Permits, Seen } from '../seen.ts';
import type { Status } from '../status.ts';

/** Where a driver looks. */
export interface Eyes {
  plan: Plan;
  target: Pick<Target, 'observe'>;
  counts: Counts;
  permits: PermitOffice;
}

/** What is known before one looks. */
export interface Known {
  at: number;
  commands: readonly Command[];
  refused: readonly string[];
  stopping: string | undefined;
}

/** Looks at everything that a decision rests on. @throws Unavailable, Refused where a lane cannot be observed */
export async function look({ plan, target, counts, permits }: Eyes, status: Status, known: Known): Promise<Seen> {
  const { stopping, ...rest } = known;
  const lanes: Record<LaneId, Observed> = {};
  for (const id of lanesToSee(plan, status)) lanes[id] = await target.observe(id);
  // Who is told to go back asks nobody else first: evidence may take long to come, and would change nothing.
  const back = known.commands.some(({ id, word }) => word === 'abort' && !status.heard.includes(id));
  const forward = !status.decided && !back && !isOver(plan, status);
  return {
    ...rest,
    lanes,
    ...(back ? { windows: [], faults: [] } : await countsOf(plan, counts, status)),
    permits: forward ? await permitsOf(permits, known.at) : UNASKED,
    ...(stopping !== undefined && { stopping }),
  };
}

/** What is on its way goes back without asking. */
const UNASKED: Permits = { freeze: 'unknown', record: 'unknown', because: ['Nobody asked: nothing goes forward.'] };

/** Lanes on their way, and those that may be begun next. */
function lanesToSee({ waves, parallel }: Plan, { lanes, decided }: Status): LaneId[] {
  const all = waves.flat().map(({ id }) => id);
  const begun = all.filter((id) => lanes[id] && !lanes[id].end);
  const next = decided ? [] : all.filter((id) => !lanes[id]).slice(0, parallel);
  return [...begun, ...next];
}

/** Evidence that cannot be read holds a release; it does not keep it from being driven. */
async function countsOf(plan: Plan, counts: Counts, status: Status): Promise<Pick<Seen, 'windows' | 'faults'>> {
  const watched = watchedNow(plan, status);
  const watch = watched && plan.watching?.[watched.by];
  if (!watch || !plan.watching) return { windows: [], faults: [] };
  try {
    return await counts.read(watch.readings, plan.watching.timing, watched.state.cursor);
  } catch (cause) {
    if (!(cause instanceof Unavailable)) throw cause;
    const faults = watch.readings.map(({ metric, query }) => ({ metric, query, message: cause.message }));
    return { windows: [], faults };
  }
}

async function permitsOf(office: PermitOffice, at: number): Promise<Permits> {
  try {
    return await office.read(at);
  } catch (cause) {
    if (!(cause instanceof Unavailable)) throw cause;
    return { freeze: 'unknown', record: 'unknown', because: [cause.message] };
  }
}
