import { type Decision, factsOf, type Objection, objection } from '@tillgate/decision';
import { formatDuration } from '@tillgate/release';
import type { ReleaseRecord } from '@tillgate/signing';

/** The frozen plan of the delivery, and the plan that would take it back. */
export interface Plans {
  delivery: unknown;
  recovery: unknown;
}

/**
 * Compiles the plans of a release, so that one that cannot be delivered is told before anybody approves it. None
 * where the policy does not say how to deliver.
 */
export async function plansOf(
  decision: Decision,
  image: string | undefined,
): Promise<{ plans: Plans | null; objections: Objection[] }> {
  const production = factsOf(decision, 'observe-production');
  if (!decision.policy.environment.delivery || !production || image === undefined)
    return { plans: null, objections: [] };
  const { PlanError, planOf, rollbackOf } = await import('@tillgate/delivery');
  try {
    const data = factsOf(decision, 'migration-readiness');
    const plan = planOf({ policy: decision.policy, subject: decision.subject, production, data, image });
    return { plans: plan && { delivery: plan, recovery: rollbackOf(plan) }, objections: [] };
  } catch (cause) {
    if (!(cause instanceof PlanError)) throw cause;
    const remedy = 'Mend environments.*.delivery in the policy, or what production runs.';
    return { plans: null, objections: [objection('no-plan', undefined, cause.message, remedy)] };
  }
}

/** How a signed release will be delivered, or why it will be refused, in a sentence. */
export async function deliveryTold({ data, delivery }: ReleaseRecord): Promise<string> {
  if (delivery.frozen === null) return 'Not by this suite: the policy does not say how (environments.*.delivery).';
  const { readPlan, Refused, requireSharedDatabase, requireSharedPods } = await import('@tillgate/delivery');
  const plan = readPlan(delivery.frozen);
  try {
    requireSharedDatabase(data);
    requireSharedPods(plan.shared);
  } catch (cause) {
    if (!(cause instanceof Refused)) throw cause;
    return `canary-deploy will refuse it. ${cause.message}`;
  }
  const names = plan.waves.flatMap((wave) => wave.flatMap(({ steps }) => steps.map(({ name }) => name)));
  return `By canary-deploy: ${names.join(', ')}; watched for ${formatDuration(delivery.watchMs ?? 0)}.`;
}
