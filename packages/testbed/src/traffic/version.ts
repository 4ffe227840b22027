import type { RoutedCluster } from './traefik.ts';

const PORT = 8069;

/** A version of something, behind a Service whose endpoints are listed by hand. */
export interface Version {
  namespace: string;
  /** Name of the Service and of the version. */
  name: string;
  /** Addresses of the pod network. */
  addresses: readonly string[];
}

/** Starts what answers for a version and makes its Service. No controller has a part in it. */
export async function startVersion(cluster: RoutedCluster, version: Version): Promise<void> {
  await cluster.bed.start({
    name: `version-${version.namespace}-${version.name}`,
    file: process.execPath,
    args: [`${import.meta.dirname}/version.process.ts`, version.name, String(PORT), ...version.addresses],
  });
  await applyObjects(cluster, [
    {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name: version.name, namespace: version.namespace },
      spec: { ports: [{ name: 'http', port: 80, targetPort: PORT }] },
    },
  ]);
  await setEndpoints(cluster, version, version.addresses);
}

/** Says which of a version's addresses are ready; none is allowed. */
export async function setEndpoints(
  cluster: RoutedCluster,
  { namespace, name }: Pick<Version, 'namespace' | 'name'>,
  addresses: readonly string[],
): Promise<void> {
  await applyObjects(cluster, [
    {
      apiVersion: 'discovery.k8s.io/v1',
      kind: 'EndpointSlice',
      metadata: { name, namespace, labels: { 'kubernetes.io/service-name': name } },
      addressType: 'IPv4',
      ports: [{ name: 'http', port: PORT }],
      endpoints: addresses.map((address) => ({ addresses: [address], conditions: { ready: true } })),
    },
  ]);
}

/** Applies objects server-side, as their only owner. */
export async function applyObjects(cluster: Pick<RoutedCluster, 'kubectl'>, items: readonly object[]): Promise<void> {
  const list = JSON.stringify({ apiVersion: 'v1', kind: 'List', items });
  await cluster.kubectl(['apply', '--server-side', '--force-conflicts', '-f', '-'], list);
}
