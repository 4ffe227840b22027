import { KubernetesError, podTemplateDigest, type Ref, type Writer } from '@tillgate/kubernetes';
import type { Sha256 } from '@tillgate/release';
import type { Plan } from '../plan.ts';
import { Refused } from '../ports.ts';
import { requireSharedPods } from '../shared-pods.ts';
import type { Before } from '../status.ts';
import { objectionsTo, replicasFor } from './candidate.ts';
import { configurationOf, contentDigest } from './configuration.ts';
import { roomFault, switchFaults } from './connections.ts';
import { leftoverFaults } from './leftovers.ts';
import { candidateName, TRACK } from './names.ts';
import type { Autoscaler, Chooser, Claim, Deployment, Keyed, Labels, Pod, PodSpec, Service } from './objects.ts';
import { imagePath, ownersOf, toldOwner } from './owners.ts';
import { observed } from './pods.ts';
import { reaching } from './reaching.ts';
import { allAwayFault } from './rollout.ts';
import { type Choice, candidateLabels, selectorText, selects } from './selects.ts';
import { sessionFault } from './sessions-kept.ts';

/** The stable workload, and what a candidate beside it is derived from. */
export interface Workload {
  deployment: Deployment;
  service: Service;
  labels: Labels;
}

type Where = Plan['workload'];

const refOf = (kind: Ref['kind'], { namespace }: Where, name: string): Ref => ({ kind, namespace, name });

/** @throws Refused where there is none, or another kind of workload */
export async function readDeployment(writer: Writer, where: Where): Promise<Deployment> {
  const { namespace, deployment: name } = where;
  const found = await reaching(writer.read<Deployment>(refOf('Deployment', where, name)));
  if (found) return found;
  const set = await writer.read(refOf('StatefulSet', where, name)).catch((cause: unknown) => {
    // Only to say it better: an account need not be allowed to look.
    if (cause instanceof KubernetesError) return undefined;
    throw cause;
  });
  throw new Refused(
    set
      ? `${namespace}/${name} is a StatefulSet: its pods are named one by one and cannot stand beside those of another version. Run the workload as a Deployment.`
      : `There is no Deployment ${namespace}/${name}. Check the namespace and the name.`,
  );
}

/** The Service that sends to the stable pods: the one that has them all and is not the candidate's. */
export async function readService(writer: Writer, where: Where, deployment: Deployment): Promise<Service> {
  const labels = deployment.spec.template.metadata?.labels ?? {};
  const services = await reaching(writer.list<Service>('Service', where.namespace));
  const fitting = services.filter(
    ({ metadata, spec }) =>
      metadata.name !== candidateName(where.deployment) &&
      spec.selector !== undefined &&
      spec.type !== 'ExternalName' &&
      spec.clusterIP !== 'None' &&
      selects({ matchLabels: spec.selector }, labels),
  );
  const named = fitting.filter(({ metadata }) => metadata.name === where.deployment);
  const [service] = named.length > 0 ? named : fitting;
  if (!service)
    throw new Refused(
      `No Service in ${where.namespace} chooses the pods of ${where.deployment}: nothing could send traffic to them.`,
    );
  return service;
}

/** Labels for the candidate's pods. @throws Refused where no labels will do */
export async function labelsFor(writer: Writer, where: Where, deployment: Deployment): Promise<Labels> {
  const [services, budgets, policies] = await Promise.all([
    reaching(writer.list<Service>('Service', where.namespace)),
    reaching(writer.list<Chooser>('PodDisruptionBudget', where.namespace)),
    reaching(writer.list<Chooser>('NetworkPolicy', where.namespace)),
  ]);
  const stable = deployment.spec.template.metadata?.labels ?? {};
  const own = candidateName(where.deployment);
  const dodge: Choice[] = [
    { name: `Deployment ${where.deployment}`, selector: deployment.spec.selector },
    ...services.flatMap(({ metadata, spec }) =>
      spec.selector && metadata.name !== own
        ? [{ name: `Service ${metadata.name}`, selector: { matchLabels: spec.selector } }]
        : [],
    ),
    ...budgets.map(({ metadata, spec }) => ({
      name: `PodDisruptionBudget ${metadata.name}`,
      selector: spec.selector ?? {},
    })),
  ].filter(({ selector }) => selects(selector, stable));
  const keep = policies.map(({ metadata, spec }) => ({
    name: `NetworkPolicy ${metadata.name}`,
    selector: spec.podSelector ?? {},
  }));
  const labels = candidateLabels(stable, TRACK, dodge, keep);
  if (typeof labels === 'string') throw new Refused(labels);
  return labels;
}

/** The pods of a Deployment. */
export async function podsOf(writer: Writer, deployment: Deployment): Promise<Pod[]> {
  return reaching(writer.list<Pod>('Pod', deployment.metadata.namespace ?? '', selectorText(deployment.spec.selector)));
}

/** Digest of each ConfigMap and Secret that the pods use, by `ConfigMap/name`. @throws Refused where one is missing */
export async function contentsOf(
  writer: Writer,
  where: Where,
  spec: PodSpec,
): Promise<Map<string, { content: Sha256; object: Keyed }>> {
  const read = await Promise.all(
    configurationOf(spec).map(async ({ kind, name, optional }) => {
      const object = await reaching(writer.read<Keyed>(refOf(kind, where, name)));
      if (!object && !optional)
        throw new Refused(`The pods use ${kind} ${where.namespace}/${name}, which is not there.`);
      return object ? ([[`${kind}/${name}`, { content: contentDigest(object), object }]] as const) : [];
    }),
  );
  return new Map(read.flat());
}

/**
 * Production before anything is touched, looked at with the question whether it can be delivered to.
 *
 * @throws Refused with all that stands in the way
 */
export async function lookBefore(writer: Writer, plan: Plan): Promise<Before> {
  const { workload: where, strategy } = plan;
  const { namespace, container } = where;
  const deployment = await readDeployment(writer, where);
  const { spec, metadata } = deployment;
  const here = `Deployment ${namespace}/${where.deployment}`;
  const pods = observed(deployment, container, await podsOf(writer, deployment));
  const contents = await contentsOf(writer, where, spec.template.spec);
  const faults =
    strategy === 'rollback'
      ? []
      : [
          ...objectionsTo(spec.template.spec, container, contents),
          ...(await claimFaults(writer, where, spec.template.spec)),
        ];
  const replicas = spec.replicas ?? 1;
  const scalers = strategy === 'canary' ? await autoscalersOf(writer, where) : [];
  if (replicas === 0)
    faults.push(`${here} is scaled to nothing: there is no traffic to judge a release by. Scale it up first.`);
  if (strategy === 'canary') {
    if (pods.image === plan.to && pods.running.every((digest) => digest === plan.to) && pods.running.length > 0)
      faults.push(`${here} runs ${plan.to} already: there is nothing to deliver.`);
    else if (pods.image !== plan.from || pods.running.some((digest) => digest !== plan.from))
      faults.push(
        `${here} runs ${pods.running.join(', ') || 'nothing that is ready'}; the record replaces ${plan.from}. Observe production again and sign a new record.`,
      );
    if (replicas > 0 && pods.ready < replicas)
      faults.push(`${here} has ${pods.ready} of ${replicas} pods ready: it could not take its traffic back.`);
    const template = podTemplateDigest(spec.template, container);
    if (plan.podTemplate !== null && template !== plan.podTemplate)
      faults.push(
        `The pod template of ${here} was changed since the record was signed (${template}, not ${plan.podTemplate}). Sign a new record.`,
      );
    faults.push(...[allAwayFault(deployment)].filter((fault) => fault !== undefined));
    faults.push(...sharedFaults(plan, deployment, contents));
    faults.push(...scalers.flatMap(limitFault));
    faults.push(...(await leftoverFaults(writer, where)));
    if (faults.length === 0) await labelsFor(writer, where, deployment);
  }
  const give = `Hand it over: apply the image once with \`kubectl apply --server-side --field-manager=tillgate --force-conflicts\`, and take it out of what that owner applies (docs/how-to/deliver.md).`;
  const [owner] = ownersOf(deployment, imagePath(container));
  if (owner) faults.push(toldOwner(`The image of container "${container}" in ${here}`, owner, give));
  if (faults.length > 0) throw new Refused(faults.join(' '));
  return {
    image: pods.image ?? plan.from,
    replicas,
    floor: floorOf(replicas, scalers),
    uid: metadata.uid ?? '',
    configuration: Object.fromEntries([...contents].map(([name, { content }]) => [name, content])),
    errorShare: null,
  };
}

/** What pods of both versions have in common must be enough for both. @throws Refused where that is not known */
function sharedFaults(plan: Plan, deployment: Deployment, contents: Awaited<ReturnType<typeof contentsOf>>): string[] {
  const shared = requireSharedPods(plan.shared);
  const { spec } = deployment.spec.template;
  const { container } = plan.workload;
  const main = spec.containers.find(({ name }) => name === container);
  return [
    sessionFault(shared.sessions, spec, container, contents) ?? [],
    roomFault(shared.connections, deployment, replicasFor(largestShare(plan), deployment.spec.replicas ?? 1)) ?? [],
    main ? switchFaults(shared.connections, main) : [],
  ].flat();
}

const largestShare = ({ waves }: Plan): number =>
  Math.max(0, ...waves.flat().flatMap(({ steps }) => steps.map(({ goal }) => goal.candidateShare)));

async function autoscalersOf(writer: Writer, where: Where): Promise<Autoscaler[]> {
  const all = await reaching(writer.list<Autoscaler>('HorizontalPodAutoscaler', where.namespace));
  return all.filter(
    ({ spec }) => spec.scaleTargetRef.kind === 'Deployment' && spec.scaleTargetRef.name === where.deployment,
  );
}

function limitFault({ metadata, spec, status }: Autoscaler): string[] {
  if (Math.max(status?.desiredReplicas ?? 0, status?.currentReplicas ?? 0) < spec.maxReplicas) return [];
  return [
    `HorizontalPodAutoscaler ${metadata.name} is at its limit of ${spec.maxReplicas} pods: stable could not take the candidate's traffic back. Raise maxReplicas, or deliver when it is calmer.`,
  ];
}

/** What an autoscaler may scale to by itself is its owner's word for enough; Kubernetes takes 1 where it says nothing. */
const floorOf = (replicas: number, scalers: readonly Autoscaler[]): number =>
  Math.min(replicas, ...scalers.map(({ spec }) => spec.minReplicas ?? 1));

/** Both versions must be able to write the same files: sessions and filestore. */
async function claimFaults(writer: Writer, where: Where, { volumes = [] }: PodSpec): Promise<string[]> {
  const names = volumes.flatMap(({ persistentVolumeClaim }) => persistentVolumeClaim?.claimName ?? []);
  const claims = await Promise.all(
    names.map(async (name) => ({
      name,
      claim: await reaching(writer.read<Claim>(refOf('PersistentVolumeClaim', where, name))),
    })),
  );
  return claims
    .filter(({ claim }) => !claim?.spec.accessModes?.includes('ReadWriteMany'))
    .map(
      ({ name }) =>
        `PersistentVolumeClaim ${name} can be written from one place only: the candidate would lack sessions and files of stable. It needs ReadWriteMany.`,
    );
}
