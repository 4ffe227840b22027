import { isOver } from '../phase.ts';
import type { LaneId, Plan } from '../plan.ts';
import { type Counts, type PermitOffice, type Target, Unavailable } from '../ports.ts';
import { watchedNow } from '../reduce/gather.ts';
import type { Command, Observed, Permits, Seen } from '../seen.ts';
import type { Status } from '../status.ts';
import type { Hold } from './hold.ts';

/** Where a driver looks. */
interface Eyes {
  plan: Plan;
  target: Pick<Target, 'observe'>;
  counts: Counts;
  permits: PermitOffice;
}

/** What is known before one looks. */
interface Known {
  /** Words besides those that people have said. */
  own: readonly Command[];
  refused: readonly string[];
  stopping: string | undefined;
  /** Breaks off what takes long to be read. */
  interrupted: AbortSignal;
}

/**
 * Looks at everything that a decision rests on.
 *
 * @throws Superseded where the status is no longer ours; Unavailable, also where it was interrupted; Refused where a lane
 * cannot be observed
 */
export async function look({ plan, target, counts, permits }: Eyes, hold: Hold, known: Known): Promise<Seen> {
  const { own, refused, stopping, interrupted } = known;
  // Both at once, because on the way back clients wait for it.
  const observing = observed(target, lanesToSee(plan, hold.status));
  observing.catch(() => undefined); // raised below, once it is known whether the status is still ours
  const { at, commands: said } = await hold.load();
  const commands = [...said, ...own];
  const { status } = hold;
  const lanes = await observing;
  // Who goes back, or stops, asks nobody else first: evidence may take long to come, and would change nothing.
  const back = commands.some(({ id, word }) => word === 'abort' && !status.heard.includes(id));
  const forward = !status.decided && !back && !isOver(plan, status);
  return {
    at,
    commands,
    refused,
    lanes,
    ...(back || stopping !== undefined
      ? { windows: [], faults: [] }
      : await countsOf(plan, counts, status, interrupted)),
    permits: forward ? await permitsOf(permits, at) : UNASKED,
    ...(stopping !== undefined && { stopping }),
  };
}

async function observed(target: Eyes['target'], ids: readonly LaneId[]): Promise<Seen['lanes']> {
  const lanes: Record<LaneId, Observed> = {};
  for (const id of ids) lanes[id] = await target.observe(id);
  return lanes;
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

/** Evidence that cannot be read holds a release; it does not keep it from being driven, nor from hearing a word. */
async function countsOf(
  plan: Plan,
  counts: Counts,
  status: Status,
  interrupted: AbortSignal,
): Promise<Pick<Seen, 'windows' | 'faults'>> {
  const watched = watchedNow(plan, status);
  const watch = watched && plan.watching?.[watched.by];
  if (!watch || !plan.watching) return { windows: [], faults: [] };
  try {
    return await counts.read(watch.readings, plan.watching.timing, watched.state.cursor, interrupted);
  } catch (cause) {
    if (interrupted.aborted) throw new Unavailable('It was interrupted while evidence was read.', { cause });
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
