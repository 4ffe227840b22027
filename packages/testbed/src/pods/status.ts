import type { Pod } from './runtime.ts';

/** How the process of a pod fares. */
type ContainerState =
  | { running: { startedAt: string } }
  | { waiting: { reason: string; message: string } }
  | { terminated: Terminated };

/** How a process has ended. */
export interface Terminated {
  exitCode: number;
  signal?: number;
  reason: 'Completed' | 'Error';
  startedAt: string;
  finishedAt: string;
}

export interface Fares {
  state: ContainerState;
  ready: boolean;
  restarts: number;
  last?: Terminated;
  phase: 'Pending' | 'Running' | 'Succeeded' | 'Failed';
}

/** A pod's status as a node writes it. Only the first container is a process; the others fare as it does. */
export function statusOf(pod: Pod, fares: Fares): object {
  const now = new Date().toISOString();
  const condition = (type: string, yes: boolean) => ({ type, status: yes ? 'True' : 'False', lastTransitionTime: now });
  return {
    status: {
      phase: fares.phase,
      conditions: [
        condition('PodScheduled', true),
        condition('Initialized', true),
        condition('ContainersReady', fares.ready),
        condition('Ready', fares.ready),
      ],
      containerStatuses: pod.spec.containers.map(({ name, image }) => ({
        name,
        image,
        imageID: image,
        containerID: `process://${pod.metadata.uid}/${name}/${fares.restarts}`,
        ready: fares.ready,
        started: 'running' in fares.state,
        restartCount: fares.restarts,
        state: { running: null, waiting: null, terminated: null, ...fares.state },
        ...(fares.last && { lastState: { terminated: fares.last } }),
      })),
    },
  };
}
