import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { tryHold } from '../components/index.ts';
import { namesIn, ownRunsFolder, runsFolder } from './places.ts';
import { claimPort, releasePorts } from './ports.ts';
import { entryOf, memoryOf, processTable, treeOf } from './process-table.ts';
import { type Command, type RunProcess, startProcess } from './run-process.ts';

/** A component that runs: a folder of its own, its processes, its ports. */
export interface Run {
  readonly id: string;
  /** Folder for its data, for nobody else to read; removed with it. */
  readonly folder: string;
  /** Starts a process that ends with the run, however the run ends. */
  start(name: string, command: Command): Promise<RunProcess>;
  port(): Promise<number>;
  /** Kills what still runs of it, gives its ports back, and removes its folder. */
  close(): Promise<void>;
}

/** What `status` tells of a run. */
export interface RunStatus {
  id: string;
  kind: string;
  /** Process that has opened it and keeps it alive. */
  opener: number;
  /** RFC 3339, UTC. */
  since: string;
  processes: { name: string; pid: number; running: boolean }[];
  /** Proportional set size of all its processes and their children. */
  memoryBytes: number;
  folder: string;
}

const RUN_ID = /^[a-z]+-[0-9a-f]{8}$/;

interface RunRecord {
  kind: string;
  opener: number;
  since: string;
  processes: { name: string; pid: number; startTicks: number }[];
}

/**
 * Opens a run. First, what earlier runs left behind is cleaned up: a run whose opener has ended, in
 * whatever way, is dead, its processes are killed and its folder and ports are given back.
 *
 * The opener holds a lock in the run's folder for as long as it lives, and the kernel releases it with
 * the process: so there is no state to judge after `kill -9`.
 */
export async function openRun(kind: string): Promise<Run> {
  const runs = ownRunsFolder();
  await removeDeadRuns();
  const id = `${kind}-${randomBytes(4).toString('hex')}`;
  const folder = join(runs, id);
  // Locked before it gets its name, so that nobody takes a run that is just beginning for a dead one.
  const beginning = join(runs, `.${id}`);
  await mkdir(beginning, { mode: 0o700 });
  const lock = tryHold(join(beginning, 'lock'));
  if (!lock) throw new Error(`${beginning} is locked by another process.`);
  const record: RunRecord = { kind, opener: process.pid, since: new Date().toISOString(), processes: [] };
  writeRecord(beginning, record);
  renameSync(beginning, folder);

  const processes: RunProcess[] = [];
  return {
    id,
    folder,
    async start(name, command) {
      const started = await startProcess(name, command, join(folder, `${name}.log`));
      processes.push(started);
      const entry = await entryOf(started.pid);
      if (entry) record.processes.push({ name, pid: started.pid, startTicks: entry.startTicks });
      writeRecord(folder, record);
      return started;
    },
    port: () => claimPort(id),
    async close() {
      await Promise.all(processes.map((each) => each.stop('SIGKILL', 0)));
      lock.release();
      await removeRun(id);
    },
  };
}

/** All runs that are alive. */
export async function listRuns(): Promise<RunStatus[]> {
  const table = await processTable();
  const statuses = await Promise.all(
    (await runIds()).map(async (id): Promise<RunStatus | undefined> => {
      const folder = join(runsFolder(), id);
      const record = readRecord(folder);
      if (!record || isDead(folder)) return undefined;
      const processes = record.processes.map(({ name, pid, startTicks }) => ({
        name,
        pid,
        running: table.some((each) => each.pid === pid && each.startTicks === startTicks),
      }));
      const trees = processes.filter((each) => each.running).flatMap((each) => treeOf(each.pid, table));
      const { kind, opener, since } = record;
      return { id, kind, opener, since, processes, memoryBytes: await memoryOf(trees), folder };
    }),
  );
  return statuses.filter((each) => each !== undefined);
}

/** Kills and removes what runs whose opener has ended left behind; returns their ids. */
export async function removeDeadRuns(): Promise<string[]> {
  await removeStillborn();
  const dead = (await runIds()).filter((id) => isDead(join(runsFolder(), id)));
  for (const id of dead) await removeRun(id);
  return dead;
}

async function removeRun(id: string): Promise<void> {
  const folder = join(runsFolder(), id);
  const table = await processTable();
  for (const { pid, startTicks } of readRecord(folder)?.processes ?? []) {
    if (!table.some((each) => each.pid === pid && each.startTicks === startTicks)) continue;
    for (const each of treeOf(pid, table)) killIfThere(each);
  }
  await releasePorts(id);
  await rm(folder, { recursive: true, force: true, maxRetries: 5 });
}

/** Folders of runs whose opener ended while it was making them. */
async function removeStillborn(): Promise<void> {
  for (const name of await namesIn(runsFolder())) {
    const folder = join(runsFolder(), name);
    const age = Date.now() - (statSync(folder, { throwIfNoEntry: false })?.mtimeMs ?? Date.now());
    if (name.startsWith('.') && age > 60_000) await rm(folder, { recursive: true, force: true });
  }
}

function killIfThere(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'ESRCH') throw cause;
  }
}

async function runIds(): Promise<string[]> {
  return (await namesIn(runsFolder())).filter((name) => RUN_ID.test(name));
}

/** A run is dead when nobody holds its lock. */
function isDead(folder: string): boolean {
  const file = join(folder, 'lock');
  if (!existsSync(file)) return true;
  try {
    const lock = tryHold(file);
    lock?.release();
    return lock !== undefined;
  } catch (cause) {
    if (!existsSync(file)) return true; // another process has just removed it
    throw cause;
  }
}

function readRecord(folder: string): RunRecord | undefined {
  try {
    return JSON.parse(readFileSync(join(folder, 'run.json'), 'utf8')) as RunRecord;
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw cause;
  }
}

/** Synchronous, so that little can happen between the start of a process and its being on record. */
function writeRecord(folder: string, record: RunRecord): void {
  const neighbour = join(folder, 'run.json.part');
  writeFileSync(neighbour, JSON.stringify(record));
  renameSync(neighbour, join(folder, 'run.json'));
}
