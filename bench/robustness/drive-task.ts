import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { prometheusClient } from '@tillgate/analysis/prometheus';
import { drive, phaseOf } from '@tillgate/delivery';
import {
  clusterStore,
  clusterTarget,
  environmentObject,
  patientReads,
  permitOffice,
  prometheusCounts,
} from '@tillgate/delivery/cluster';
import { silentLog } from '@tillgate/host';
import { openWriter } from '@tillgate/kubernetes';
import { failingWriter } from './failing-writer.ts';
import type { Task, Told } from './task.ts';

/** Drives one delivery over the real adapter until it ends, and tells how it goes. */
export async function driveTask(file: string): Promise<void> {
  const { kubeconfig, prometheus, plan, record, failing } = JSON.parse(await readFile(file, 'utf8')) as Task;
  const writer = patientReads(failingWriter(openWriter(kubeconfig, { manager: 'tillgate' }), failing));
  const target = clusterTarget(writer, { plan, drainMs: 1_000 });
  const tell = (told: Told) => process.send?.(told);

  tell({ driving: true });
  const { namespace, deployment } = plan.workload;
  const { status } = await drive({
    plan,
    // One name for all that are killed and come again: a Lease would only make each of them wait for its end.
    store: clusterStore(writer, { namespace, deployment, record: 'record', who: 'benchmark', plan }),
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
    onTick({ said }) {
      for (const each of said) if (each.what === 'began') tell({ began: each.step, requests: writer.requests });
    },
    // Looked at more often than in life, so that more is done in which it can be killed.
    pace: {
      random: Math.random,
      wait: (ms, signal) => sleep(Math.min(Math.max(0, ms), 500), undefined, signal ? { signal } : {}).catch(() => {}),
    },
  });
  const memoryMib = process.resourceUsage().maxRSS / 1024;
  const because = status.decided ? `${status.decided.by}: ${status.decided.reason}` : '';
  tell({ ended: phaseOf(plan, status), because, requests: writer.requests, memoryMib });
  process.disconnect();
}
