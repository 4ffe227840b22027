import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

/**
 * Memory of every process in the caller's PID namespace by its id there, in bytes, with the memory of
 * its descendants added. /proc shows the ids of the machine, so they are translated by the last entry of NSpid.
 */
export function memoryByPid(): Map<number, number> {
  const own = readlinkSync('/proc/self/ns/pid');
  const processes = new Map<number, { inside: number; parent: number; bytes: number }>();
  for (const entry of readdirSync('/proc')) {
    if (!/^\d+$/.test(entry)) continue;
    try {
      if (readlinkSync(`/proc/${entry}/ns/pid`) !== own) continue;
      const status = readFileSync(`/proc/${entry}/status`, 'utf8');
      const inside = Number(/^NSpid:.*\s(\d+)$/m.exec(status)?.[1]);
      const parent = Number(/^PPid:\s+(\d+)$/m.exec(status)?.[1]);
      processes.set(Number(entry), { inside, parent, bytes: bytesOf(entry) });
    } catch {
      // It has ended, or belongs to someone else: either way it is none of this bed's.
    }
  }
  const total = new Map<number, number>();
  for (const start of processes.values()) {
    const visited = new Set<number>();
    for (let at: typeof start | undefined = start; at && !visited.has(at.inside); at = processes.get(at.parent)) {
      visited.add(at.inside);
      total.set(at.inside, (total.get(at.inside) ?? 0) + start.bytes);
    }
  }
  return total;
}

/** The proportional set size where the kernel tells it, else the resident one. */
function bytesOf(pid: string): number {
  try {
    return Number(/^Pss:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8'))?.[1]) * 1024;
  } catch {
    return Number(/^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) * 1024;
  }
}
