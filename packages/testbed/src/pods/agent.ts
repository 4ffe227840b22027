import type { Processes } from '../bed/processes.ts';
import type { PodsSpec } from '../bed/protocol.ts';

export async function startPodAgent(_spec: PodsSpec, _processes: Processes, _folder: string): Promise<void> {}
