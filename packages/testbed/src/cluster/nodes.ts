import type { KubeObject } from './api.ts';

/** A node as it is created: KWOK makes it ready and keeps it alive. */
interface NodeObject extends KubeObject {
  status: { capacity: Record<string, string>; allocatable: Record<string, string> };
}

/** Nodes spread evenly over zones: `zone-a-1`, `zone-b-1`, `zone-a-2`, … */
export function nodes(count: number, zones: readonly string[]): NodeObject[] {
  return Array.from({ length: count }, (_, index) => {
    const zone = zones[index % zones.length] as string;
    const name = `${zone}-${Math.floor(index / zones.length) + 1}`;
    const resources = { cpu: '32', memory: '128Gi', pods: '250', 'ephemeral-storage': '200Gi' };
    return {
      apiVersion: 'v1',
      kind: 'Node',
      metadata: {
        name,
        labels: {
          'kubernetes.io/hostname': name,
          'kubernetes.io/os': 'linux',
          'kubernetes.io/arch': 'amd64',
          'topology.kubernetes.io/region': 'testbed',
          'topology.kubernetes.io/zone': zone,
        },
      },
      status: { capacity: resources, allocatable: resources },
    };
  });
}
