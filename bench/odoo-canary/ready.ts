import type { DeliveryBed } from '../../packages/delivery/src/cluster/bed.test-kit.ts';
import type { Scene } from '../../packages/delivery/src/cluster/scene.test-kit.ts';
import type { KubeObject } from '../../packages/testbed/src/cluster/api.ts';
import { until } from '../../packages/testbed/src/until.ts';

/** Pods that a Service leads to, since a moment. */
export interface Ready {
  at: number;
  service: string;
  pods: number;
}

/** Follows how many ready pods each Service has. */
export async function followReady(
  { cluster }: DeliveryBed,
  { namespace }: Scene,
  signal: AbortSignal,
): Promise<Ready[]> {
  const seen: Ready[] = [];
  const slices = `/apis/discovery.k8s.io/v1/namespaces/${namespace}/endpointslices`;
  cluster.api.follow<Slice>(
    slices,
    ({ type, object: { metadata, endpoints } }) => {
      const pods = type === 'DELETED' ? 0 : (endpoints ?? []).filter(({ conditions }) => conditions?.ready).length;
      seen.push({ at: Date.now(), service: metadata.labels?.['kubernetes.io/service-name'] ?? '', pods });
    },
    signal,
  );
  await until('it is known which pods are ready', () => seen.length > 0);
  return seen;
}

interface Slice extends KubeObject {
  endpoints?: { conditions?: { ready?: boolean } }[];
}

/** The fewest ready pods that a Service had in a time. */
export function fewest(ready: readonly Ready[], service: string, from: number, to: number): number {
  const own = ready.filter((each) => each.service === service && each.at <= to);
  const during = [...own.filter(({ at }) => at <= from).slice(-1), ...own.filter(({ at }) => at > from)];
  return during.length === 0 ? 0 : Math.min(...during.map(({ pods }) => pods));
}
