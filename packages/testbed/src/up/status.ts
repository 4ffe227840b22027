import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { liveBeds } from '../bed/folders.ts';
import { ask, SOCKET } from '../bed/protocol.ts';
import { listRuns } from '../runs/index.ts';

/** Something of the test bed that runs: a bed with its processes, or a single component. */
export interface Running {
  name: string;
  folder: string;
  /** Milliseconds since the epoch. */
  since: number;
  processes: { name: string; since?: number; memory?: number; state: string }[];
  /** Bytes of all its processes. */
  memory: number;
}

/** All that runs for this user, whoever has started it. */
export async function running(): Promise<Running[]> {
  const beds = await Promise.all((await liveBeds()).map(bedStatus));
  const runs = (await listRuns()).map(({ id, since, processes, memoryBytes, folder }) => ({
    name: id,
    folder,
    since: Date.parse(since),
    processes: processes.map((each) => ({ name: each.name, state: each.running ? 'runs' : 'ended' })),
    memory: memoryBytes,
  }));
  return [...beds.filter((each) => each !== undefined), ...runs];
}

/** A bed that is just being made does not answer yet; it is left out. */
async function bedStatus(folder: string): Promise<Running | undefined> {
  const socket = join(folder, SOCKET);
  if (!existsSync(socket)) return undefined;
  const { since, processes } = await ask(socket, 'status', {});
  return {
    name: `bed ${basename(folder)}`,
    folder,
    since,
    processes: processes.map(({ name, since: started, memory, ended }) => ({
      name,
      since: started,
      memory,
      state: ended === undefined ? 'runs' : `ended (${ended})`,
    })),
    memory: processes.reduce((sum, each) => sum + each.memory, 0),
  };
}

const MIB = 2 ** 20;
const size = (bytes: number | undefined): string => (bytes === undefined ? '' : `${(bytes / MIB).toFixed(0)} MiB`);
const clock = (millis: number | undefined): string =>
  millis === undefined ? '' : new Date(millis).toISOString().slice(11, 19);

/** What runs, since when (UTC), with how much memory, as text for people. */
export function describeRunning(all: readonly Running[]): string {
  if (all.length === 0) return 'Nothing runs. `npm run testbed -- up` starts a bed.';
  const lines = all.flatMap((each) => [
    `${each.name.padEnd(44)} since ${clock(each.since)}  ${size(each.memory).padStart(9)}  ${each.folder}`,
    ...each.processes.map(({ name, state, since, memory }) =>
      `  ${name.padEnd(42)} ${(state === 'runs' ? (since === undefined ? 'runs' : `since ${clock(since)}`) : state).padEnd(15)}${size(memory).padStart(9)}`.trimEnd(),
    ),
  ]);
  const total = all.reduce((sum, each) => sum + each.memory, 0);
  return [...lines, `together ${size(total)}`].join('\n');
}

/** Paths of the logs of all that runs, by `<bed or run>/<process>`. */
export async function logs(): Promise<Map<string, string>> {
  const found = new Map<string, string>();
  for (const { folder } of await running()) {
    for (const place of [folder, join(folder, 'logs')]) {
      if (!existsSync(place)) continue;
      for (const file of await readdir(place)) {
        if (file.endsWith('.log')) found.set(`${basename(folder)}/${file.slice(0, -4)}`, join(place, file));
      }
    }
  }
  return found;
}
