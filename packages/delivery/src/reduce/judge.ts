import { type Decision, decide, type Floor } from '@tillgate/analysis';
import type { Plan } from '../plan.ts';
import type { Observed, WorkloadObserved } from '../seen.ts';
import { tooFewBeside } from './floor.ts';
import { shortOfStep } from './goal-reached.ts';
import { type Active, eachLane, type Now, type Reducer } from './now.ts';
import { turn } from './turn.ts';

/** Turns a release that is known to be bad: by its pods, which need no traffic to tell, or by the analysis. */
export const judge: Reducer = (now) =>
  eachLane(now, (so, active) => {
    if (active.lane.way !== 'forward') return so;
    const broken = brokenFloor(so.plan, active.observed);
    if (broken) return turn(so, 'bad', 'floor', broken);
    const slow = notReady(so, active);
    if (slow) return turn(so, 'bad', 'floor', slow);
    const decision = decisionOf(so, active);
    return decision?.outcome === 'fail' ? turn(so, 'bad', 'analysis', decision.reasons.join(' ')) : so;
  });

/** What the analysis says of a lane's step; undefined where nothing is watched or evidence has not begun. */
export function decisionOf(
  { plan, status, seen }: Pick<Now, 'plan' | 'status' | 'seen'>,
  { step }: Active,
): Decision | undefined {
  const watch = step.watched && plan.watching?.[step.watched];
  const state = step.watched && status.evidence[step.watched];
  return watch && state ? decide(watch.analysis, state, { faults: seen.faults }) : undefined;
}

/** The first limit that pods of the new version are beyond. */
function brokenFloor({ watching, to, strategy }: Plan, { stable, candidate }: Observed): string | undefined {
  if (strategy === 'rollback') return undefined;
  const promoting = stable.image === to ? stable : null;
  const restarts = 'restarts of the new version';
  const floors: Floor[] = [
    ...[candidate, promoting].flatMap((pods) =>
      pods ? [{ what: 'containers of the new version in a crash loop', seen: pods.crashing, most: 0 }] : [],
    ),
    // Pods of the old version that are still there may have been restarted long ago.
    ...[candidate, promoting && isWhole(promoting, to) ? promoting : null].flatMap((pods) =>
      pods ? [{ what: restarts, seen: pods.restarts, most: watching?.mostRestarts ?? 0 }] : [],
    ),
  ];
  const broken = floors.find(({ seen, most }) => seen !== undefined && seen > most);
  return broken && `${broken.what}: ${broken.seen}, at most ${broken.most} allowed.`;
}

const isWhole = ({ settled, running }: WorkloadObserved, digest: string) =>
  settled && running.length > 0 && running.every((each) => each === digest);

/** Why the pods of a step count as not getting ready, or as gone, where they do. */
function notReady(now: Now, active: Active): string | undefined {
  const { plan, seen } = now;
  const { lane, step, observed } = active;
  const within = plan.watching?.readyWithinMs;
  const since = lane.lost ?? (lane.reached === undefined ? lane.since : undefined);
  if (within === undefined || since === undefined || seen.at - since <= within) return undefined;
  const { stable, candidate } = observed;
  const there = candidate === null ? step.goal.candidate === null : candidate.ready >= candidate.desired;
  if (there && stable.ready >= stable.desired && tooFewBeside(now, active).length === 0) return undefined;
  return `After ${Math.round((seen.at - since) / 1000)} s: ${shortOfStep(now, active).join('; ')}.`;
}
