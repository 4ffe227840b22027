import { readFile } from 'node:fs/promises';
import { openWriter, type Writer } from '@tillgate/kubernetes';
import {
  type Cluster,
  type Prometheus,
  shopRuntime,
  startCluster,
  startPrometheus,
  startTraefik,
  type Traefik,
} from '@tillgate/testbed';
import { MANAGER } from './names.ts';

/** A cluster with a router, and what counts. One for a test file. */
export interface DeliveryBed {
  cluster: Cluster;
  traefik: Traefik;
  prometheus: Prometheus;
  kubeconfig: string;
}

export async function startDeliveryBed(
  users: readonly { name: string; groups?: readonly string[] }[] = [],
  throttle = '100ms',
  runtime = shopRuntime,
): Promise<DeliveryBed> {
  const cluster = await startCluster({ runtimes: [runtime], users });
  const [traefik, prometheus] = await Promise.all([
    startTraefik({ cluster, throttle }),
    startPrometheus({
      bed: cluster.bed,
      intervalSeconds: 1,
      scrape: [{ job: 'shops', pods: { of: cluster } }],
    }),
  ]);
  return { cluster, traefik, prometheus, kubeconfig: await readFile(cluster.kubeconfig, 'utf8') };
}

/** As an owner would: each through the field manager that it has in life. */
export const writerAs = (bed: DeliveryBed, manager: string): Writer => openWriter(bed.kubeconfig, { manager });

/** With the rights of one user and no others. */
export const writerOf = async (bed: DeliveryBed, user: string): Promise<Writer> =>
  openWriter(await readFile(await bed.cluster.kubeconfigOf(user), 'utf8'), { manager: MANAGER });
