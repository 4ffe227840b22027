import type { Sha256 } from '@tillgate/release';
import type { BasisPoints, Goal } from '../plan.ts';
import { replicasFor } from './candidate.ts';

/** What stands in a namespace, as far as the next moves depend on it. */
export interface Standing {
  stable: { image: Sha256 | null; replicas: number; endpoints: number };
  candidate: {
    image: Sha256 | null;
    replicas: number;
    /** Its controller has seen the newest specification, and all pods asked for are ready. */
    whole: boolean;
    endpoints: number;
  } | null;
  /** Something of the candidate besides its Deployment is there: its Service, side routes. */
  remains: boolean;
  share: BasisPoints;
  /** The side routes as they are: none, for sessions that are bound to the candidate, or for testers as well. */
  sides: Sides;
  /** How long the share has been as it is, ms. */
  shareFor: number;
}

export type Sides = 'none' | 'bound' | 'testers';

export type Move =
  | { do: 'candidate'; image: Sha256; replicas: number }
  | { do: 'share'; share: BasisPoints }
  | { do: 'sides'; sides: Sides }
  | { do: 'stable'; image: Sha256 }
  | { do: 'remove' };

interface Next {
  moves: Move[];
  /** What has to happen before more can be done: each a sentence. */
  waitingFor: string[];
}

/**
 * What can be done now to bring a goal nearer without a client being lost. The order is the point: traffic leaves
 * before pods do, pods are ready before traffic comes, and no router is ever given a member that nobody answers for.
 *
 * @param drainMs how long a candidate that gets no new traffic goes on answering: routers need a moment to
 *   hear of it, and requests to end
 */
export function nextMoves(goal: Goal, standing: Standing, drainMs: number): Next {
  return goal.candidate === null ? towardsNone(goal, standing, drainMs) : towardsTwo(goal, goal.candidate, standing);
}

function towardsNone(
  goal: Goal,
  { stable, candidate, remains, share, sides, shareFor }: Standing,
  drainMs: number,
): Next {
  const moves: Move[] = [];
  const waitingFor: string[] = [];
  const off = share === 0 || stable.endpoints > 0;
  if (share > 0 && off) moves.push({ do: 'share', share: 0 });
  if (!off) waitingFor.push('a ready pod of the stable workload: until there is one, the candidate goes on serving');
  if (off && sides !== 'none') moves.push({ do: 'sides', sides: 'none' });
  if (stable.image !== goal.stable) moves.push({ do: 'stable', image: goal.stable });
  if (off && (candidate !== null || remains)) {
    if (share === 0 && sides === 'none' && shareFor >= drainMs) moves.push({ do: 'remove' });
    else
      waitingFor.push(
        `the end of requests that the candidate still answers (${drainMs / 1000} s from the last change of traffic)`,
      );
  }
  return { moves, waitingFor };
}

function towardsTwo(goal: Goal, wanted: Sha256, { stable, candidate, share, sides, ...standing }: Standing): Next {
  const moves: Move[] = [];
  const waitingFor: string[] = [];
  const isOther = candidate !== null && candidate.image !== wanted;
  const answers = candidate !== null && !isOther && candidate.endpoints > 0;
  // A member without endpoints takes a whole TraefikService down: out with it, whatever the goal.
  const most = answers ? goal.candidateShare : 0;
  if (share > most && stable.endpoints > 0) moves.push({ do: 'share', share: most });
  else if (share > most)
    waitingFor.push('a ready pod of the stable workload: until there is one, traffic stays as it is');
  const lowered = Math.min(share, most);

  const replicas = Math.max(replicasFor(goal.candidateShare, stable.replicas), replicasFor(share, stable.replicas));
  if (candidate === null || isOther || candidate.replicas !== replicas || !standing.remains) {
    if (!isOther || share === 0) moves.push({ do: 'candidate', image: wanted, replicas });
  }
  const sidesWanted: Sides = !answers
    ? 'none'
    : goal.route === 'preview'
      ? 'testers'
      : goal.candidateShare > 0
        ? 'bound'
        : 'none';
  const isWhole = answers && candidate.whole && candidate.replicas === replicas && candidate.endpoints >= replicas;
  // Sessions that are bound need their way before the first of them is; they lose it after the last has gone.
  if (sides !== sidesWanted && (isWhole || sidesWanted === 'none')) moves.push({ do: 'sides', sides: sidesWanted });
  if (!isWhole) waitingFor.push(`${replicas} ready ${replicas === 1 ? 'pod' : 'pods'} of the candidate`);
  if (goal.candidateShare > lowered && isWhole) moves.push({ do: 'share', share: goal.candidateShare });
  if (stable.image !== goal.stable) {
    if (isWhole) moves.push({ do: 'stable', image: goal.stable });
    else if (goal.stable !== wanted) moves.push({ do: 'stable', image: goal.stable });
  }
  return { moves, waitingFor };
}
