import { randomUUID } from 'node:crypto';
import { prometheusClient } from '@tillgate/analysis/prometheus';
import { openCluster, openWriter, type Writer } from '@tillgate/kubernetes';
import type { EnvironmentIdentity } from '@tillgate/release';
import type { WorkloadSaid } from '../admit.ts';
import { errorMetricOf } from '../error-metric.ts';
import type { Looks } from '../jobs.ts';
import type { Plan } from '../plan.ts';
import { type Counts, Refused, type Store } from '../ports.ts';
import { prometheusCounts } from './counts.ts';
import { type EnvironmentObject, environmentObject } from './environment.ts';
import { epochOf } from './fenced.ts';
import { looksForJobs } from './job-looks.ts';
import { type ActLeft, type Kept, keptBeside } from './kept.ts';
import { EPOCH, leaseName, MANAGER, stateName } from './names.ts';
import type { Keyed, Lease } from './objects.ts';
import { patientReads } from './patient-reads.ts';
import { reaching } from './reaching.ts';
import { assignedSessions } from './sessions.ts';
import { clusterStore } from './store.ts';
import { type ClusterTarget, clusterTarget } from './target.ts';

export interface DeliveryPlace {
  kubeconfig: string;
  namespace: string;
  /** Name of the Deployment. */
  deployment: string;
  prometheusUrl: string;
  /** For people and for the Lease: the run that delivers. */
  who: string;
  /** Says that this run was told to stop: from then on nobody waits long for the cluster. */
  hurry?: AbortSignal;
}

/** A place that releases are delivered to, as the acts work with it. */
export interface OpenDelivery {
  readonly writer: Writer;
  readonly environment: EnvironmentObject;
  identity(): Promise<EnvironmentIdentity>;
  /** As one container of it tells. Undefined where there is none. */
  workload(container: string | undefined): Promise<WorkloadSaid | undefined>;
  /** Records are kept beside the status: the signed release record, and that of the act before, where it is the head. */
  store(kept: { record: string; actRecord?: string }, plan: Plan): Store;
  /**
   * Target, and what counts; counts of nothing where there is no Prometheus, which holds a release. No looks for jobs where
   * nothing counts them.
   */
  at(plan: Plan): { target: ClusterTarget; counts: Counts; jobs: Looks | undefined };
  /**
   * The highest epoch that anything bears here: the state, the Lease, and what the plan's target owns. What begins takes the
   * next, or the objects would hold it for superseded: the state that knew it may be gone. 0 where nothing was stamped.
   *
   * @throws Refused where one was edited by hand
   */
  epoch(plan: Plan): Promise<number>;
  /** What lies in the state object, as far as it can be read. */
  kept(): Promise<Kept>;
  /** Puts the signed record of an act beside the status that it is about, and gives the one that counts. @throws Superseded */
  keep(left: ActLeft): Promise<string>;
}

/** Sessions are counted with each look, for which traffic that is to go back must not wait long. In ms. */
const SESSIONS_MS = 1_000;

/** How far back is looked for what was usual before a release, in ms. */
const USUAL_MS = 5 * 60_000;

/** Opens a place by a kubeconfig's text. Nothing is asked yet. @throws KubernetesError */
export function openDelivery(place: DeliveryPlace): OpenDelivery {
  const { kubeconfig, namespace, deployment, hurry } = place;
  const asking = hurry ? { hurry } : {};
  const writer = patientReads(openWriter(kubeconfig, { manager: MANAGER, ...asking }), hurry);
  const state = { kind: 'ConfigMap', namespace, name: stateName(deployment) } as const;
  const lease = { kind: 'Lease', namespace, name: leaseName(deployment) } as const;
  const beside = keptBeside(writer, state);
  const who = `${place.who} ${randomUUID().slice(0, 8)}`;
  return {
    writer,
    environment: environmentObject(writer, namespace),
    async identity() {
      return { clusterUid: await reaching(writer.uid()), namespace, workload: `deployment/${deployment}` };
    },
    workload: (container) => reaching(openCluster(kubeconfig, asking).deployment(namespace, deployment, container)),
    store: (kept, plan) => clusterStore(writer, { namespace, deployment, ...kept, who, plan }),
    at(plan) {
      let counts: Counts = NOTHING_COUNTED;
      const address = place.prometheusUrl;
      const prometheus = address === '' ? undefined : prometheusClient({ address });
      const target: ClusterTarget = clusterTarget(writer, {
        plan,
        ...(prometheus && { assigned: assignedSessions(prometheusClient({ address, timeoutMs: SESSIONS_MS }), plan) }),
        errorShare: () => usualErrorShare(plan, counts, writer),
      });
      if (prometheus) {
        counts = prometheusCounts(prometheus, {
          now: () => reaching(writer.now()),
          pods: () => target.pods(),
          warmUpMs: plan.watching?.warmUpMs ?? 0,
        });
      }
      const jobs = plan.watching?.jobs;
      return { target, counts, jobs: prometheus && jobs ? looksForJobs(prometheus, jobs) : undefined };
    },
    async epoch(plan) {
      const [ofTarget, ...found] = await Promise.all([
        clusterTarget(writer, { plan }).epoch(),
        reaching(writer.read<Keyed>(state)),
        reaching(writer.read<Lease>(lease)),
      ]);
      const highest = Math.max(ofTarget, ...found.map((object) => (object ? epochOf(object) : 0)));
      if (!Number.isFinite(highest))
        throw new Refused(
          `The annotation ${EPOCH} of an object of ${namespace}/${deployment} is no number: it was edited. Find out who did, and remove it.`,
        );
      return highest;
    },
    kept: beside.read,
    keep: beside.keep,
  };
}

const NOTHING_COUNTED: Counts = {
  async read(readings) {
    const message = 'No address of Prometheus was given: nothing can be shown. Set the input prometheus-url.';
    return { windows: [], faults: readings.map(({ metric, query }) => ({ metric, query, message })) };
  },
};

/** Share of bad ones among all that stable served in the last minutes, by the plan's first metric; null where it cannot be known. */
async function usualErrorShare({ watching }: Plan, counts: Counts, writer: Writer): Promise<number | null> {
  const errors = watching === null ? undefined : errorMetricOf(watching);
  if (watching === null || errors === undefined) return null;
  const readings = watching.beside.readings.filter(({ metric }) => metric === errors);
  const { windows } = await counts.read(readings, watching.timing, (await reaching(writer.now())) - USUAL_MS);
  const strata = windows.flatMap(({ metrics }) => metrics[errors] ?? []);
  const sum = (of: (tally: (typeof strata)[number]['stable']) => number) =>
    strata.reduce((all, { stable }) => all + of(stable), 0);
  const total = sum((tally) => tally.total);
  return total === 0 ? null : sum((tally) => tally.bad[0] ?? 0) / total;
}

/** `deployment/odoo`, as the name of the Deployment. @throws Refused for any other kind */
export function deploymentNamed(workload: string): string {
  const [kind, name, ...rest] = workload.split('/');
  if (name === undefined && kind) return kind;
  if (kind === 'deployment' && name && rest.length === 0) return name;
  throw new Refused(
    `The workload is "${workload.slice(0, 100)}"; it takes deployment/<name>. A StatefulSet's pods are named one by one and cannot stand beside those of another version.`,
  );
}
