import type { Log } from '@tillgate/host';
import { isOver } from '../phase.ts';
import type { Plan } from '../plan.ts';
import type { Counts, Fence, PermitOffice, Store, Target } from '../ports.ts';
import { Refused, Superseded, Unavailable } from '../ports.ts';
import { reduce } from '../reduce/reduce.ts';
import type { Said } from '../said.ts';
import type { Command, Seen } from '../seen.ts';
import type { Act, Status } from '../status.ts';
import { type Ear, startEar } from './ear.ts';
import { type Heartbeat, requireAlive, startHeartbeat } from './heartbeat.ts';
import { Hold } from './hold.ts';
import { look } from './look.ts';
import { driversWord } from './own-word.ts';
import { backOff, type Pace, realPace } from './pace.ts';
import { take } from './take.ts';

/** One look and what came of it, for those who tell people. */
export interface Tick {
  status: Status;
  seen: Seen;
  said: readonly Said[];
}

export interface Driving {
  plan: Plan;
  store: Store;
  target: Target;
  counts: Counts;
  permits: PermitOffice;
  log: Log;
  /** Ends the driving in a defined state. */
  signal: AbortSignal;
  /** How long it goes on taking the release back once told to stop, in ms. */
  graceMs?: number;
  /** Takes the delivery from whoever holds it, and back; says who asked for it and why. What a rollback does with one that is on its way. */
  back?: string;
  onTick?: (tick: Tick) => void;
  pace?: Pace;
}

/** What became of it, as far as this driver saw. */
export interface Driven {
  status: Status;
  /** `stopped`: it was told to stop before the delivery was over. The status says where things are. */
  because: 'over' | 'stopped';
}

/** GitHub signals a cancelled job a second time after 7.5 s, and kills it 2.5 s later: this leaves time to say so. */
const GRACE = 6_000;

/**
 * Drives a delivery that was begun to its end, whoever drove it until now: takes it under the next epoch, looks,
 * reduces, commits, acts, waits, and again. What is not committed is never done; what is committed and not done is done
 * by whoever comes next.
 *
 * A world that is away is waited for, as long as it takes. When the signal says stop, what is not yet everybody's is
 * turned to its safe state and taken back for `graceMs` (or, where it is set to pause, left for the next run); what
 * is not done by then the watchdog or the next run does. Nothing of it is under way any more when this returns.
 *
 * @throws Superseded somebody else has taken over: nothing may be touched any more
 * @throws Refused what is there cannot be driven
 * @throws Unavailable it was told to stop before it could take the delivery: nothing was touched
 */
export async function drive(driving: Driving): Promise<Driven> {
  const { plan, store, target, log, signal, pace = realPace, back } = driving;
  const { fence, held } = await take({ plan, store, target, pace, log, signal, force: back !== undefined });
  const heartbeat = startHeartbeat(store, fence.epoch, pace, log);
  const ear = startEar(store, pace, log);
  const grace = graceOf(driving, pace);
  try {
    const hold = new Hold(store, plan, held, log);
    return await turnUntilOver(driving, { pace, hold, fence, heartbeat, ear, grace });
  } catch (cause) {
    if (!(cause instanceof Superseded)) throw cause;
    const holder = await store.holder().catch(ifAway(log));
    throw new Superseded(`${cause.message}${holder ? ` It is held by ${holder.who} now.` : ''}`, { cause });
  } finally {
    await Promise.all([heartbeat.stop(), ear.stop()]);
  }
}

/** What one turn of the loop needs besides what it drives. */
interface Wheel {
  pace: Pace;
  hold: Hold;
  fence: Fence;
  heartbeat: Heartbeat;
  ear: Ear;
  /** How long a driver goes on that was told to stop, ms; without end where it was not. */
  grace: () => number;
}

async function turnUntilOver(driving: Driving, { pace, hold, fence, heartbeat, ear, grace }: Wheel): Promise<Driven> {
  const { plan, store, target, log, signal, onTick } = driving;
  const either = AbortSignal.any([signal, heartbeat.lost]);
  const left = async (driven: Driven): Promise<Driven> => {
    await store.release(fence.epoch).catch(ifAway(log));
    return driven;
  };
  let failures = 0;
  let refused: string[] = [];
  for (;;) {
    requireAlive(heartbeat);
    const stopping = signal.aborted ? 'The run was told to stop.' : undefined;
    const interrupted = AbortSignal.any([ear.word(), stopping ? heartbeat.lost : either]);
    try {
      const seen = await look(driving, hold, { own: ownWord(driving, fence), refused, stopping, interrupted });
      const { status, acts, wakeAt, said } = reduce(plan, hold.status, seen);
      requireAlive(heartbeat);
      await hold.commit(status);
      onTick?.({ status, seen, said });
      if (isOver(plan, status)) return left({ status, because: 'over' });
      if (stopping && (!status.decided || grace() <= 0)) return left({ status, because: 'stopped' });
      refused = await applyAll(target, acts, fence);
      failures = 0;
      await pace.wait(Math.min(wakeAt - seen.at, grace()), interrupted);
    } catch (cause) {
      if (!(cause instanceof Unavailable)) throw cause;
      failures++;
      log.debug(`Attempt ${failures} failed, and is made again: ${cause.message}`);
      if (stopping && (failures > 3 || grace() <= 0)) return { status: hold.status, because: 'stopped' };
      await pace.wait(backOff(failures, pace), interrupted);
    }
  }
}

/** By our own clock and from the word itself: GitHub counts so, whether the API server answers or not. */
function graceOf({ signal, graceMs = GRACE }: Driving, pace: Pace): () => number {
  let until = Number.POSITIVE_INFINITY;
  const begin = () => {
    until = pace.now() + graceMs;
  };
  if (signal.aborted) begin();
  else signal.addEventListener('abort', begin, { once: true });
  return () => until - pace.now();
}

/** What this driver says by itself, as those on call would say it. */
function ownWord({ back }: Driving, { epoch }: Fence): Command[] {
  return back === undefined ? [] : [{ id: driversWord(epoch), word: 'abort', by: back }];
}

/** Does all that was committed; what the target would not do is told, and judged with the next look. */
async function applyAll(target: Target, acts: readonly Act[], fence: Fence): Promise<string[]> {
  const refused: string[] = [];
  for (const act of acts) {
    try {
      await target.apply(act, fence);
    } catch (cause) {
      if (!(cause instanceof Refused)) throw cause;
      refused.push(cause.message);
    }
  }
  return refused;
}

const ifAway = (log: Log) => (cause: unknown) => {
  if (!(cause instanceof Unavailable)) throw cause;
  log.debug(cause.message);
  return undefined;
};
