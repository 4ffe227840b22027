import { PlanError } from '@tillgate/analysis';
import type { EffectivePolicy } from '@tillgate/policy';
import { type Facts, isSha256, parseDuration, type Sha256, type Subject } from '@tillgate/release';
import type { Plan } from './plan.ts';
import { type CanaryInput, compileCanary } from './strategies/canary.ts';
import { compileRollback } from './strategies/rollback.ts';
import { watchingOf } from './watching.ts';

/** How long everything must stay as it was before a rollback is called done, in ms. */
const STEADY_MS = 5_000;

/** What of a decision a plan is made of. */
export interface Decided {
  policy: EffectivePolicy;
  subject: Subject;
  production: Facts['observe-production'];
  /** What was found in the databases; undefined: no gate looked. */
  data: Facts['migration-readiness'] | undefined;
  /** The image as the deciding job was told, with its registry's host: subjects carry none. */
  image: string;
}

/**
 * The frozen plan of a release, compiled from the policy in force and from what production was seen to be.
 *
 * @returns null where the policy does not say how the environment is delivered to
 * @throws PlanError saying what is missing or makes no sense together
 */
export function planOf({ policy, subject, production, data, image }: Decided): Plan | null {
  const { delivery } = policy.environment;
  if (!delivery) return null;
  const { identity, running, workload } = production;
  const released = subject.artifacts.filter(({ kind }) => kind === 'image');
  const [from, to] = [running[0], released[0]?.digest];
  must(
    released.length === 1 && to !== undefined,
    'A canary delivers one image; this release has another number of them.',
  );
  must(from !== undefined && running.length === 1, 'Production must run one version to be delivered to step by step.');
  must(
    workload,
    `There is no container "${delivery.container}" in ${identity.workload}: see environments.*.delivery.container.`,
  );
  must(from !== to, `Production runs ${to} already: there is nothing to deliver.`);
  const deployment = identity.workload.replace(/^deployment\//, '');
  return compileCanary({
    release: subject.release,
    workload: { namespace: identity.namespace, deployment, container: workload.container },
    from,
    to,
    images: { [from]: byDigest(workload.image, from), [to]: byDigest(image, to) },
    podTemplate: workload.podTemplate,
    router: routerOf(delivery),
    shared: {
      sessions: delivery.sessions ?? null,
      // What was found in other images says nothing about these.
      connections: data?.from === from && data.to === to ? data.connections : null,
    },
    testersMs: parseDuration(delivery.testers?.for ?? '0m'),
    shares: delivery.steps.map(({ share, for: time, atMost, analysis, sessions, within }) => ({
      share: hundredths(share),
      forMs: parseDuration(time),
      maxMs: parseDuration(atMost),
      analysis,
      sessions: sessions > 0 ? { atLeast: sessions, within: hundredths(within) } : null,
    })),
    watching: watchingOf(policy.whole.analysis, delivery, {
      candidate: to,
      stable: from,
      environment: policy.environment.name,
      namespace: identity.namespace,
      deployment,
    }),
    watchMs: parseDuration(policy.settings.delivery.watch),
    settleMs: parseDuration(delivery.settleWithin),
    abandonAfterMs: parseDuration(delivery.abandonAfter),
    deadlineMs: delivery.deadline === undefined ? null : parseDuration(delivery.deadline),
  } satisfies CanaryInput);
}

/** The plan that takes a promoted release back: a function of its plan alone, so that a record of the one pins the other. */
export function rollbackOf({ release, workload, from, to, images, router, ways, abandonAfterMs }: Plan): Plan {
  return compileRollback({
    release,
    workload,
    from: to,
    to: from,
    images,
    router,
    settleMs: ways.stable.reduce((sum, { maxMs }) => sum + maxMs, 0),
    steadyMs: STEADY_MS,
    abandonAfterMs,
  });
}

function routerOf({ router, testers }: NonNullable<EffectivePolicy['environment']['delivery']>): Plan['router'] {
  const known = testers ? { by: testers.by, name: testers.name, value: testers.value } : null;
  return { ...router, testers: known };
}

/** `host/name:tag@sha256:…` or any part of it, as `host/name@digest`. */
function byDigest(reference: string, digest: Sha256): string {
  const named = /@(.*)$/.exec(reference)?.[1];
  must(
    named === undefined || (isSha256(named) && named === digest),
    `The image is called ${reference}, but its digest is ${digest}.`,
  );
  const name = reference.replace(/@.*$/, '').replace(/:[^:/]*$/, '');
  must(
    /^[A-Za-z0-9][A-Za-z0-9._:/-]*$/.test(name),
    `"${reference}" is no reference that could be pulled: was a part of it masked?`,
  );
  return `${name}@${digest}`;
}

const hundredths = (percent: number) => Math.round(percent * 100);

function must(holds: unknown, why: string): asserts holds {
  if (!holds) throw new PlanError(why);
}
