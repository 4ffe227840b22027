import type { EnvironmentIdentity } from '@tillgate/release';
import type { ReleaseRecord } from '@tillgate/signing';
import type { Plan } from './plan.ts';
import { Refused } from './ports.ts';
import { readPlan } from './schema/plan.ts';

/**
 * The plan as it stands in the record: schema and sense are checked, and that it is of this release, from what the record says
 * ran before to what it says is released.
 *
 * @throws Refused
 */
export function planIn({ delivery, release, from }: ReleaseRecord): Plan {
  if (delivery.frozen === null) {
    throw new Refused(
      'The record holds no delivery plan: the policy did not say how this environment is delivered to (environments.*.delivery). Say it there, and sign again.',
    );
  }
  const plan = readPlan(delivery.frozen);
  const released = release.artifacts.some(({ digest }) => digest === plan.to);
  const replaced = from.length === 1 && from[0]?.digest === plan.from;
  if (plan.strategy !== 'canary' || plan.release !== release.release || !released || !replaced)
    throw new Refused('The delivery plan in the record is not of the release in the record.');
  return plan;
}

/** Why a plan is not for this place; undefined where it is, by the plan's word and by the record's. */
export function whyElsewhere(
  { workload: { namespace, deployment } }: Plan,
  { environment }: ReleaseRecord,
  here: EnvironmentIdentity,
): string | undefined {
  const [ours, plans] = [environment.identity, `deployment/${deployment}`];
  const byPlan = namespace === here.namespace && plans === here.workload;
  const byRecord =
    ours?.clusterUid === here.clusterUid && ours.namespace === here.namespace && ours.workload === here.workload;
  if (byPlan && byRecord) return undefined;
  return `The plan is for ${plans} in namespace ${namespace} of cluster ${ours?.clusterUid ?? '(none)'}; this is ${here.workload} in ${here.namespace} of ${here.clusterUid}.`;
}
