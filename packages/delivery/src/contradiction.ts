import type { Sha256 } from '@tillgate/release';
import { endOf } from './phase.ts';
import type { Plan } from './plan.ts';
import { Refused } from './ports.ts';
import { requireOfPlan } from './schema/status.ts';
import type { Observed } from './seen.ts';
import type { Status } from './status.ts';
import { percent } from './tell/lines.ts';

/**
 * Why the end that a state tells is not to be believed; undefined where it is what stands there, and where it tells none. A
 * state lies where people can write, and an end that is believed is signed: it must be of the plan, and of what is there.
 * Pure.
 *
 * Asked is what only a delivery or a hand changes: image, candidate and share. Pods that come and go say nothing of an end,
 * and what was held may stand anywhere.
 */
export function contradictionOf(plan: Plan, status: Status, observed: Observed): string | undefined {
  const end = endOf(plan, status);
  if (!end) return undefined;
  const stranger = whyNotOfPlan(plan, status);
  if (stranger !== undefined) return stranger;
  if (end === 'held') return undefined;
  const faults = faultsOf(end === 'promoted' ? plan.to : oldOf(plan), observed);
  if (faults.length === 0) return undefined;
  return `The state of the delivery says "${end}", but ${faults.join(', and ')}. One of them was changed by hand: put back what stood there, or dispatch the rollback, which goes by the signed record and by what it finds.`;
}

/** What runs where everything is back: a rollback is a plan whose goal that is. */
const oldOf = ({ strategy, from, to }: Plan): Sha256 => (strategy === 'rollback' ? to : from);

function faultsOf(image: Sha256, { stable, candidate, candidateShare }: Observed): string[] {
  return [
    ...(stable.image === image
      ? []
      : [`stable is told to run ${stable.image ?? 'an image without digest'}, not ${image}`]),
    ...(candidate ? [`a candidate still stands (${candidate.image ?? 'an image without digest'})`] : []),
    ...(candidateShare === 0 ? [] : [`the router gives a candidate ${percent(candidateShare)}`]),
  ];
}

function whyNotOfPlan(plan: Plan, status: Status): string | undefined {
  try {
    requireOfPlan(plan, status);
    return undefined;
  } catch (cause) {
    if (cause instanceof Refused) return cause.message;
    throw cause;
  }
}
