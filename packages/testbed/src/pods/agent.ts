import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Processes } from '../bed/processes.ts';
import type { PodsSpec } from '../bed/protocol.ts';
import { Api, type WatchEvent } from '../cluster/api.ts';
import { API_PORT } from '../cluster/programs.ts';
import { PodLife } from './life.ts';
import { serveLogs } from './logs.ts';
import { persist } from './persist.ts';
import type { Pod } from './runtime.ts';
import { loadRuntimes, runtimeOf } from './selection.ts';

const GRACE_SECONDS = 30;

/**
 * Follows all pods and makes processes of those that a runtime knows or that run a command to its end.
 * It does what a node's kubelet does: starts, asks whether they are ready, restarts, ends, tells the
 * status, answers for logs. It acts once KWOK has given the pod an address.
 */
export async function startPodAgent(spec: PodsSpec, processes: Processes, folder: string): Promise<void> {
  const ca = readFileSync(join(spec.credentials, 'apiserver.crt'), 'utf8');
  const api = new Api({ port: API_PORT, ca, token: readFileSync(join(spec.credentials, 'pods.token'), 'utf8') });
  const runtimes = await loadRuntimes(spec.runtimes);
  const lives = new Map<string, PodLife>();
  const ending = new Set<string>();

  const begin = (pod: Pod): void => {
    const runtime = runtimeOf(pod, runtimes);
    if (!runtime || !pod.status.podIP || ['Succeeded', 'Failed'].includes(pod.status.phase ?? '')) return;
    const life = new PodLife(pod, runtime, { api, processes, folder: join(folder, 'pods', pod.metadata.uid) });
    lives.set(pod.metadata.uid, life);
    life.live().catch((cause: Error) => console.error(`${pod.metadata.name}: ${cause.stack}`));
  };

  /** Ends a pod that is to go, then takes it out of the API, as a node does. */
  const end = async (pod: Pod): Promise<void> => {
    const { uid, namespace, name } = pod.metadata;
    if (ending.has(uid)) return;
    ending.add(uid);
    await lives.get(uid)?.end(pod.metadata.deletionGracePeriodSeconds ?? GRACE_SECONDS);
    lives.delete(uid);
    const options = { gracePeriodSeconds: 0, preconditions: { uid } };
    await persist(() => api.delete(`/api/v1/namespaces/${namespace}/pods/${name}`, options));
  };

  const onEvent = ({ type, object: pod }: WatchEvent<Pod>): void => {
    const { uid, deletionTimestamp } = pod.metadata;
    if (type === 'DELETED') {
      ending.delete(uid);
      lives
        .get(uid)
        ?.end(0)
        .catch((cause: Error) => console.error(cause.message));
      lives.delete(uid);
    } else if (deletionTimestamp) {
      if (pod.spec.nodeName && runtimeOf(pod, runtimes)) end(pod).catch((cause: Error) => console.error(cause.message));
    } else if (!lives.has(uid)) {
      begin(pod);
    } else {
      lives.get(uid)?.seen(pod);
    }
  };

  api
    .follow<Pod>('/api/v1/pods', onEvent, new AbortController().signal)
    .catch((cause: Error) => console.error(cause.message));
  await serveLogs(spec.credentials, processes);
}
