import { readdir, readFile } from 'node:fs/promises';

/** One process as the kernel tells of it. */
export interface ProcessEntry {
  pid: number;
  parent: number;
  /** Clock ticks from boot to its start: with the pid it names a process for good, as pids are used again. */
  startTicks: number;
}

/** All processes of the machine that can be seen. */
export async function processTable(): Promise<ProcessEntry[]> {
  const pids = (await readdir('/proc')).filter((each) => /^\d+$/.test(each));
  const entries = await Promise.all(pids.map((pid) => entryOf(Number(pid))));
  return entries.filter((each) => each !== undefined);
}

/** A process, or nothing if there is none with this pid. */
export async function entryOf(pid: number): Promise<ProcessEntry | undefined> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
  if (stat === '') return undefined;
  // The second field is the program's name in parentheses and may contain anything; proc(5) counts from 1.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return { pid, parent: Number(fields[1]), startTicks: Number(fields[19]) };
}

/** The process and all that descend from it, parents first. */
export function treeOf(pid: number, table: readonly ProcessEntry[]): number[] {
  const tree = table.some((each) => each.pid === pid) ? [pid] : [];
  for (const parent of tree) {
    for (const each of table) if (each.parent === parent && !tree.includes(each.pid)) tree.push(each.pid);
  }
  return tree;
}

/**
 * Memory of processes in bytes, as proportional set size: a page that n of them share counts as 1/n in
 * each, so that PostgreSQL's shared buffers are not counted once per backend.
 */
export async function memoryOf(pids: readonly number[]): Promise<number> {
  const sizes = await Promise.all(
    pids.map(async (pid) => {
      const rollup = await readFile(`/proc/${pid}/smaps_rollup`, 'utf8').catch(() => ''); // ended meanwhile
      return Number(/^Pss:\s+(\d+) kB$/m.exec(rollup)?.[1] ?? 0) * 1024;
    }),
  );
  return sizes.reduce((sum, each) => sum + each, 0);
}
