import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { prometheusClient } from '@tillgate/analysis/prometheus';
import { drive, phaseOf, Timeline, telling } from '@tillgate/delivery';
import {
  clusterStore,
  clusterTarget,
  environmentObject,
  eventsOn,
  patientReads,
  permitOffice,
  prometheusCounts,
} from '@tillgate/delivery/cluster';
import { silentLog } from '@tillgate/host';
import { openWriter } from '@tillgate/kubernetes';
import { countingWriter } from './counting-writer.ts';
import { failingWriter } from './failing-writer.ts';
import type { Spent, Task, Told } from './task.ts';

const NO_STATUSES = { say: async () => undefined, end: async () => undefined };

/** Drives one delivery over the real adapter until it ends, and tells how it goes. */
export async function driveTask(file: string): Promise<void> {
  const { kubeconfig, prometheus, plan, record, failing, mostWait } = JSON.parse(await readFile(file, 'utf8')) as Task;
  const { writer: counted, calls } = countingWriter(openWriter(kubeconfig, { manager: 'tillgate' }));
  const writer = patientReads(failingWriter(counted, failing));
  const target = clusterTarget(writer, { plan, drainMs: 1_000 });
  const tell = (told: Told) => process.send?.(told);
  const began = performance.now();
  const spent = (): Spent => ({ at: performance.now() - began, requests: writer.requests, calls: { ...calls } });
  const looks: number[] = [];

  tell({ driving: true });
  const { namespace, deployment } = plan.workload;
  // One name for all that are killed and come again: a Lease would only make each of them wait for its end.
  const store = clusterStore(writer, { namespace, deployment, record: 'record', who: 'benchmark', plan });
  const { found } = await store.load();
  // As an action tells it, but for GitHub and files: Events are requests too.
  const telltale = telling({
    ...{ plan, log: silentLog, timeline: new Timeline(plan, record), statuses: NO_STATUSES },
    event: eventsOn(writer, { namespace, deployment, uid: found?.status.before.uid ?? '' }, () => undefined),
    keep: async () => undefined,
  });
  const { status } = await drive({
    plan,
    store,
    target,
    counts: prometheusCounts(prometheusClient({ address: prometheus }), {
      now: () => writer.now(),
      pods: () => target.pods(),
      warmUpMs: 500,
    }),
    permits: permitOffice(environmentObject(writer, namespace), {
      record,
      expiresAt: Date.now() + 3_600_000,
      closesAt: null,
    }),
    log: silentLog,
    signal: new AbortController().signal,
    onTick(tick) {
      telltale.tick(tick);
      looks.push(writer.requests);
      tell({ looked: true });
      for (const each of tick.said) if (each.what === 'began') tell({ began: each.step, spent: spent() });
    },
    pace: {
      now: () => performance.now(),
      random: Math.random,
      wait: (ms, signal) =>
        sleep(Math.min(Math.max(0, ms), mostWait ?? ms), undefined, signal ? { signal } : {}).catch(() => {}),
    },
  });
  await telltale.settled();
  const by = status.decided?.by ?? '';
  const because = status.decided ? `${status.decided.by}: ${status.decided.reason}` : '';
  const between = looks.slice(1).map((requests, index) => requests - (looks[index] as number));
  const perLook = between.sort((a, b) => a - b)[between.length >> 1] ?? 0;
  const heapMib = process.memoryUsage().heapUsed / 2 ** 20;
  tell({ ended: phaseOf(plan, status), by, because, spent: spent(), perLook, memoryMib: await mostMemory(), heapMib });
  process.disconnect();
}

/** The most that was resident at a time, MiB. Of a process that was forked, what getrusage tells may be its parent's. */
async function mostMemory(): Promise<number> {
  const told = /^VmHWM:\s+(\d+) kB$/m.exec(await readFile('/proc/self/status', 'utf8'))?.[1];
  if (told === undefined) throw new Error('The kernel does not tell how much memory was resident at most.');
  return Number(told) / 1024;
}
