import type { Connections } from '../plan.ts';
import type { Container, Deployment } from './objects.ts';
import { surgeOf } from './rollout.ts';

/** What one pod may open: each worker, each process for scheduled jobs and the one for websockets has a pool of its own. */
export function connectionsOfPod({ workers, cronThreads, perProcess }: Connections): number {
  // Without workers all threads of the one process share its pool.
  const processes = workers === 0 ? 1 : workers + cronThreads + 1;
  return processes * perProcess;
}

/**
 * Why so many pods beside the stable ones have no room at the database server; undefined where they have. Stable is
 * counted as it is at promotion, when pods of both its templates run.
 */
export function roomFault(connections: Connections, stable: Deployment, candidates: number): string | undefined {
  const replicas = stable.spec.replicas ?? 1;
  const pods = replicas + surgeOf(stable) + candidates;
  const each = connectionsOfPod(connections);
  if (pods * each <= connections.room) return undefined;
  const most = Math.floor(connections.room / pods);
  return `There are ${replicas} stable pods, ${surgeOf(stable)} more while they are replaced, and ${candidates} of the candidate: they may open ${pods} x ${each} = ${pods * each} connections to the database, which has room for ${connections.room}. The last that come would be refused, whichever version they serve. Lower db_maxconn or workers until a pod opens at most ${most}, or raise max_connections; then make the facts again, decide and sign.`;
}

const SWITCHES = [
  { switch: '--workers', fact: 'workers' },
  { switch: '--max-cron-threads', fact: 'cronThreads' },
  { switch: '--db_maxconn', fact: 'perProcess' },
] as const;

/** Switches of the workload that say otherwise than the facts: these were made with other settings than the pods have. */
export function switchFaults(connections: Connections, { command = [], args = [] }: Container): string[] {
  const words = [...command, ...args].join(' ');
  return SWITCHES.flatMap(({ switch: name, fact }) => {
    const told = [...words.matchAll(new RegExp(`(?:^|\\s)${name}[=\\s](\\d+)`, 'g'))].at(-1)?.[1];
    if (told === undefined || Number(told) === connections[fact]) return [];
    return [
      `The workload starts with ${name}=${told}, but the facts about connections were made with ${connections[fact]}. Run deploy/odoo-facts/odoo_facts.py with the switches and the configuration of the workload, decide and sign again.`,
    ];
  });
}
