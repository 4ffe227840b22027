import type { Active, Now } from './now.ts';

/*
 * How many pods stable keeps, so that there is always somewhere to go back to. Whoever scales is somebody else, a person or
 * an autoscaler, so it is noticed and told, and never written.
 */

/**
 * While a candidate stands, stable keeps as many pods as it began with: it may have to serve everybody again at once, and
 * to an autoscaler fewer clients look like less need. A step is not reached without them. Going back waits for nothing.
 */
export function tooFewBeside(
  { plan, status }: Pick<Now, 'plan' | 'status'>,
  { lane, step, observed }: Active,
): string[] {
  const [{ desired }, began] = [observed.stable, status.before.replicas];
  if (plan.strategy !== 'canary' || lane.way !== 'forward' || step.goal.candidate === null || desired >= began)
    return [];
  return [
    `stable is scaled to ${desired} of the ${began} pods that it began with, too few to take everybody back; set replicas, or minReplicas of its autoscaler, to ${began} until the candidate is gone`,
  ];
}

/**
 * With everybody on the new version, stable keeps its floor until the watch ends. It says nothing of the release, so the
 * watch goes on and may fail it meanwhile; only its end waits.
 */
export function belowFloor({ status }: Pick<Now, 'status'>, { observed }: Active): string | undefined {
  const [{ desired }, { floor }] = [observed.stable, status.before];
  if (desired >= floor) return undefined;
  return `stable is scaled to ${desired} of the ${floor} pods that are its floor; scale it to ${floor} until the watch is over`;
}
