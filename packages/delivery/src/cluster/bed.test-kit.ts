import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { openWriter, type Writer } from '@tillgate/kubernetes';
import {
  type Cluster,
  clusterComponents,
  needBed,
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
  /** Aborted when the bed is to end. */
  ending: AbortSignal;
  /** Who drives here now. */
  driving: Set<Promise<unknown>>;
  /**
   * Lets whoever still drives stop, and then ends the bed. A driver waits for an API server for as long as it takes: one
   * that a failed test has left behind would keep its process for ever.
   */
  stop(): Promise<void>;
}

/** A driver that is told to stop takes its release back for six seconds; then the bed ends without it, in ms. */
const LONGEST_STOP = 15_000;

/** Whether such a bed can be started here; says so where it cannot, and fails where all components are required. */
export const needDeliveryBed = () => needBed(...clusterComponents, 'shop', 'traefik', 'prometheus');

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
  const ending = new AbortController();
  const driving = new Set<Promise<unknown>>();
  return {
    cluster,
    traefik,
    prometheus,
    kubeconfig: await readFile(cluster.kubeconfig, 'utf8'),
    ending: ending.signal,
    driving,
    async stop() {
      ending.abort();
      await Promise.race([Promise.allSettled(driving), sleep(LONGEST_STOP, undefined, { ref: false })]);
      await cluster.stop();
    },
  };
}

/** As an owner would: each through the field manager that it has in life. */
export const writerAs = (bed: DeliveryBed, manager: string): Writer => openWriter(bed.kubeconfig, { manager });

/** With the rights of one user and no others. */
export const writerOf = async (bed: DeliveryBed, user: string): Promise<Writer> =>
  openWriter(await readFile(await bed.cluster.kubeconfigOf(user), 'utf8'), { manager: MANAGER });
