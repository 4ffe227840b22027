import { formatDuration } from '@tillgate/release';
import type { LaneId, Plan, Proof, Step } from '../plan.ts';
import type { Observed, Seen } from '../seen.ts';
import type { Status } from '../status.ts';
import { belowFloor } from './floor.ts';
import { shortOfStep } from './goal-reached.ts';
import { decisionOf } from './judge.ts';
import { type Active, activeLanes, type Now } from './now.ts';
import { permitOf } from './permits.ts';

/** A proof that does not hold yet: which, and what is missing, for people. */
export interface Missing {
  by: Proof['by'];
  text: string;
}

/** What is waited for now, for people: of each lane on its way, the proofs of its step that do not hold. */
export function waitingFor(plan: Plan, status: Status, seen: Seen): { lane: LaneId; missing: Missing[] }[] {
  const now = { plan, status, seen };
  return activeLanes(now).map((active) => ({ lane: active.id, missing: missingProofs(now, active) }));
}

/** The proofs of a lane's step that do not hold now. */
export function missingProofs(now: Pick<Now, 'plan' | 'status' | 'seen'>, active: Active): Missing[] {
  return active.step.leaveWhen.flatMap((proof) => {
    const text = missing(now, active, proof);
    return text === undefined ? [] : [{ by: proof.by, text }];
  });
}

function missing(now: Pick<Now, 'plan' | 'status' | 'seen'>, active: Active, proof: Proof): string | undefined {
  const { lane, step, observed } = active;
  // A person who waves a release through answers for what evidence would have said, not for what is there.
  const waved = lane.waved !== undefined && step.leaveWhen.some(({ by }) => by === 'analysis');
  switch (proof.by) {
    case 'reached': {
      const short = [...shortOfStep(now, active), ...observed.waitingFor];
      return short.length > 0 ? short.join('; ') : undefined;
    }
    case 'time': {
      const left = (lane.reached ?? now.seen.at) + proof.ms - now.seen.at;
      return waved || left <= 0 ? undefined : `${formatDuration(left)} more at this step`;
    }
    case 'analysis': {
      if (waved) return undefined;
      const decision = decisionOf(now, active);
      if (decision?.outcome === 'pass') return undefined;
      return decision?.reasons[0] ?? 'evidence has not begun';
    }
    case 'read':
      return lane.waved ? undefined : unread(now, step);
    case 'floor':
      return belowFloor(now, active);
    case 'sessions':
      return waved ? undefined : sessionsMissing(observed, proof, step.goal.candidateShare);
    case 'permits': {
      const permit = permitOf(now.seen.permits);
      if (permit === 'given') return undefined;
      return permit === 'unknown' ? 'it is not known whether the release may go on' : permit.reason;
    }
  }
}

/** Why what is watched counts as not read: a fault, or nothing newer than what a reading may be late. */
function unread({ plan, status, seen }: Pick<Now, 'plan' | 'status' | 'seen'>, { watched }: Step): string | undefined {
  const state = watched && status.evidence[watched];
  if (!state || !plan.watching) return 'reading has not begun';
  const [fault] = seen.faults;
  if (fault) return `${fault.metric}: ${fault.message}`;
  if (state.cursor === state.since) return 'nothing was read yet';
  const { window, settle, patience } = plan.watching.timing;
  if (seen.at - state.cursor <= window + settle + patience) return undefined;
  return `nothing was read for ${formatDuration(seen.at - state.cursor)}`;
}

function sessionsMissing(
  { assigned }: Observed,
  { atLeast, within }: Extract<Proof, { by: 'sessions' }>,
  share: number,
): string | undefined {
  if (assigned === null) return 'newly assigned sessions cannot be counted';
  const { candidate, total } = assigned;
  if (total < atLeast) return `${total} of ${atLeast} newly assigned sessions`;
  const got = total === 0 ? share : (candidate / total) * 10_000;
  if (Math.abs(got - share) <= within) return undefined;
  return `the candidate got ${Math.round(got) / 100} % of ${total} new sessions instead of ${share / 100} %`;
}
