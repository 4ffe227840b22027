import type { Goal } from '../plan.ts';
import type { Observed, WorkloadObserved } from '../seen.ts';
import { tooFewBeside } from './floor.ts';
import type { Active, Now } from './now.ts';

/** What still differs between a goal and what is seen, for people; nothing where it is reached. */
export function shortOf(goal: Goal, seen: Observed): string[] {
  const { stable, candidate, candidateShare, route, cron } = seen;
  return [
    ...workloadShortOf('stable', goal.stable, stable),
    ...(goal.candidate === null
      ? candidate === null
        ? []
        : ['the candidate is still there']
      : candidate === null
        ? ['the candidate is not there yet']
        : workloadShortOf('candidate', goal.candidate, candidate)),
    ...(candidateShare === goal.candidateShare
      ? []
      : [`the candidate has ${candidateShare / 100} % instead of ${goal.candidateShare / 100} %`]),
    ...(route === goal.route ? [] : [`the route is "${route}" instead of "${goal.route}"`]),
    ...(cron === goal.cron ? [] : [`scheduled jobs run on "${cron}" instead of "${goal.cron}"`]),
  ];
}

/** What a step lacks: of its goal, and of what stable must keep beside a candidate. */
export function shortOfStep(now: Pick<Now, 'plan' | 'status'>, active: Active): string[] {
  return [...shortOf(active.step.goal, active.observed), ...tooFewBeside(now, active)];
}

function workloadShortOf(which: string, digest: string, seen: WorkloadObserved): string[] {
  const { image, settled, desired, ready, running, stuck } = seen;
  if (image !== digest) return [`${which} is not told to run ${digest} yet`];
  if (!settled) return [`${which} has not taken its newest specification up yet`];
  if (desired === 0) return [`${which} is scaled to nothing`];
  const old = running.filter((each) => each !== digest);
  if (ready < desired || old.length > 0 || running.length === 0) {
    const others = old.length > 0 ? `, some still run ${old.join(', ')}` : '';
    return [`${which}: ${ready} of ${desired} pods are ready${others}`, ...stuck.map((why) => `${which}: ${why}`)];
  }
  return [];
}
