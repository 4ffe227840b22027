import { digestIn } from '@tillgate/kubernetes';
import { isSha256, type Sha256 } from '@tillgate/release';
import type { WorkloadObserved } from '../seen.ts';
import type { PodAge } from './counts.ts';
import type { Deployment, EndpointSlice, Pod } from './objects.ts';

/** The digest that an image reference names; null where it names none. */
export function digestNamed(image: string | undefined): Sha256 | null {
  const digest = image?.slice((image.lastIndexOf('@') ?? 0) + 1);
  return digest !== undefined && isSha256(digest) ? digest : null;
}

/** Reasons for which a container cannot start, besides a crash loop. */
const CANNOT =
  /^(ErrImage|ImagePull|ErrImageNeverPull|InvalidImageName|CreateContainer|RunContainer|RegistryUnavailable)/;

/** A workload as its Deployment and its pods tell it. */
export function observed(deployment: Deployment, container: string, pods: readonly Pod[]): WorkloadObserved {
  const alive = pods.filter(({ metadata }) => !metadata.deletionTimestamp);
  const ready = alive.filter(isReady);
  const { observedGeneration = 0, updatedReplicas = 0, replicas = 0 } = deployment.status ?? {};
  const desired = deployment.spec.replicas ?? 1;
  const statuses = alive.flatMap(({ status }) => [
    ...(status?.containerStatuses ?? []),
    ...(status?.initContainerStatuses ?? []),
  ]);
  const running = ready.flatMap(
    ({ status }) => digestIn(status?.containerStatuses?.find(({ name }) => name === container)?.imageID) ?? [],
  );
  return {
    image: digestNamed(deployment.spec.template.spec.containers.find(({ name }) => name === container)?.image),
    // Also the last pod of an older specification must be gone, or what is counted below is a mixture.
    settled: observedGeneration >= (deployment.metadata.generation ?? 0) && updatedReplicas === replicas,
    desired,
    ready: ready.length,
    running: [...new Set(running)].sort(),
    crashing: statuses.filter(({ state }) => state?.waiting?.reason === 'CrashLoopBackOff').length,
    restarts: statuses.reduce((sum, { restartCount = 0 }) => sum + restartCount, 0),
    stuck: alive.flatMap(stuckBecause),
  };
}

export function isReady({ status }: Pod): boolean {
  return status?.conditions?.some(({ type, status: is }) => type === 'Ready' && is === 'True') ?? false;
}

function stuckBecause({ metadata, status }: Pod): string[] {
  const unscheduled = status?.conditions?.find(({ type, status: is }) => type === 'PodScheduled' && is === 'False');
  const waiting = (status?.containerStatuses ?? []).flatMap(({ state }) =>
    state?.waiting?.reason && CANNOT.test(state.waiting.reason) ? [state.waiting] : [],
  );
  return [
    ...(unscheduled ? [`pod ${metadata.name}: ${unscheduled.reason ?? 'Unschedulable'}`] : []),
    ...waiting.map(({ reason, message = '' }) => `pod ${metadata.name}: ${reason} ${message}`.trim().slice(0, 300)),
  ];
}

/** How many addresses of a Service take new requests. */
export function endpointsIn(slices: readonly EndpointSlice[]): number {
  // A slice without any is written as null by the API server.
  const addresses = slices.flatMap(({ endpoints }) =>
    (endpoints ?? []).flatMap(({ addresses: own = [], conditions = {} }) =>
      conditions.ready === false || conditions.terminating ? [] : own,
    ),
  );
  return new Set(addresses).size;
}

/** Since when a pod is what it is, for its warm-up. */
export function ageOf({ metadata, spec, status }: Pod): PodAge {
  const condition = status?.conditions?.find(({ type, status: is }) => type === 'Ready' && is === 'True');
  const since = Date.parse(condition?.lastTransitionTime ?? '');
  return {
    name: metadata.name,
    ip: status?.podIP,
    ports: spec.containers.flatMap(({ ports = [] }) => ports.map(({ containerPort }) => containerPort)),
    readySince: Number.isNaN(since) ? undefined : since,
    createdAt: Date.parse(metadata.creationTimestamp ?? '') || 0,
  };
}
