import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { prometheusClient } from '@tillgate/analysis/prometheus';
import { silentLog } from '@tillgate/host';
import type { Ref, Writer } from '@tillgate/kubernetes';
import { digestOf } from '@tillgate/release';
import { begin, escapeOf } from '../begin.ts';
import { type Driven, type Driving, drive } from '../drive/drive.ts';
import type { Plan } from '../plan.ts';
import type { Status } from '../status.ts';
import { telling } from '../tell/telling.ts';
import { Timeline } from '../tell/timeline.ts';
import { type DeliveryBed, writerAs } from './bed.test-kit.ts';
import { prometheusCounts } from './counts.ts';
import { environmentObject } from './environment.ts';
import { eventsOn } from './events.ts';
import { MANAGER } from './names.ts';
import { permitOffice } from './permits.ts';
import type { Scene } from './scene.test-kit.ts';
import { clusterStore, escapeText } from './store.ts';
import { type ClusterTarget, clusterTarget, type TargetOptions } from './target.ts';

/** Everything that drives a scene. */
export interface Rig {
  plan: Plan;
  driving: Omit<Driving, 'signal'>;
  /** Drives what was begun, until it is over, told to stop, or the bed ends. */
  drive(more?: Partial<Driving>): Promise<Driven>;
  target: ClusterTarget;
  writer: Writer;
  statuses: Status[];
  said: string[];
  /** Why each Event on the workload that could not be written was not. */
  untold: string[];
}

const NO_STATUSES = { say: async () => undefined, end: async () => undefined };

export function rigFor(
  bed: DeliveryBed,
  scene: Scene,
  plan: Plan,
  more: { writer?: Writer; who?: string; target?: Partial<TargetOptions>; waitMost?: number } = {},
): Rig {
  const writer = more.writer ?? writerAs(bed, MANAGER);
  const target = clusterTarget(writer, { plan, drainMs: 1_000, ...more.target });
  const store = clusterStore(writer, {
    namespace: scene.namespace,
    deployment: 'odoo',
    record: 'record',
    who: more.who ?? `test-${randomBytes(3).toString('hex')}`,
    plan,
    leaseSeconds: 2,
  });
  const counts = prometheusCounts(prometheusClient({ address: bed.prometheus.outside }), {
    now: () => writer.now(),
    pods: () => target.pods(),
    warmUpMs: 500,
  });
  const permits = permitOffice(environmentObject(writer, scene.namespace), {
    record: digestOf(`${scene.namespace} record`),
    expiresAt: Date.now() + 3_600_000,
    closesAt: null,
  });
  const statuses: Status[] = [];
  const said: string[] = [];
  const untold: string[] = [];
  // As an action tells it, but for GitHub and files. Which object it is told on is known from the first look on.
  let told: ReturnType<typeof telling> | undefined;
  const tellOf = ({ before, record }: Status) =>
    telling({
      ...{ plan, log: silentLog, timeline: new Timeline(plan, record), statuses: NO_STATUSES },
      event: eventsOn(writer, { namespace: scene.namespace, deployment: 'odoo', uid: before.uid }, (why) =>
        untold.push(why),
      ),
      keep: async () => undefined,
    });
  const rig: Rig = {
    plan,
    target,
    writer,
    statuses,
    said,
    untold,
    driving: {
      plan,
      store,
      target,
      counts,
      permits,
      log: silentLog,
      onTick(tick) {
        statuses.push(tick.status);
        for (const one of tick.said) said.push(JSON.stringify(one));
        told ??= tellOf(tick.status);
        told.tick(tick);
      },
      // Looked at more often than in life, so that a test is short; nothing else of time is changed.
      pace: {
        now: () => performance.now(),
        random: Math.random,
        wait: (ms, signal) =>
          sleep(Math.max(0, Math.min(ms, more.waitMost ?? 300)), undefined, signal ? { signal } : {}).catch(() => {}),
      },
    },
    drive(given = {}) {
      const signal = AbortSignal.any([bed.ending, ...(given.signal ? [given.signal] : [])]);
      const driven = drive({ ...rig.driving, ...given, signal }).finally(() => told?.settled());
      const settled: Promise<unknown> = driven.then(
        () => bed.driving.delete(settled),
        () => bed.driving.delete(settled),
      );
      bed.driving.add(settled);
      return driven;
    },
  };
  return rig;
}

/** Begins a delivery as an action does: looks at production, pins the way out, writes the first status. */
export async function beginOn(rig: Rig): Promise<Status> {
  const { plan, target, writer } = rig;
  const before = await target.before();
  const last = (await rig.driving.store.load()).found;
  const status = begin(plan, {
    record: digestOf(`${plan.workload.namespace} record`),
    before,
    escape: escapeOf(plan, target, before),
    onInconclusive: 'safe-state',
    at: await writer.now(),
    epoch: (last?.status.epoch ?? 0) + 1,
  });
  const environment = environmentObject(writer, plan.workload.namespace);
  const seen = await environment.read();
  await environment.swap(seen, {
    head: { sequence: seen.head?.sequence ?? 1, digest: seen.head?.digest ?? status.record },
    escape: digestOf(escapeText(status.escape)),
    // A rollback needs no others than those that the release has named.
    ...(plan.strategy === 'canary' && { allowed: [plan.from, plan.to] }),
  });
  await rig.driving.store.create(status);
  return status;
}

/** Begins and drives to the end. */
export async function deliver(rig: Rig): Promise<Driven> {
  await beginOn(rig);
  return rig.drive();
}

/** A writer that can die like its process does: nothing that it has begun ever ends. */
export function mortal(writer: Writer): { writer: Writer; die(): void } {
  let dead = false;
  const proxy = new Proxy(writer, {
    get(target, name) {
      const member = target[name as keyof Writer];
      if (typeof member !== 'function') return member;
      return (...given: unknown[]) =>
        dead ? new Promise(() => {}) : (member as (...all: unknown[]) => unknown).apply(target, given);
    },
  });
  return {
    writer: proxy,
    die() {
      dead = true;
    },
  };
}

/** A writer, and what it has written that the API server took, as `Kind/name`, in the order in which that was answered. */
export function writesOf(writer: Writer): { writer: Writer; written: string[] } {
  const written: string[] = [];
  const proxy = new Proxy(writer, {
    get(target, name) {
      const member = target[name as keyof Writer];
      if (!WRITES.includes(name as keyof Writer)) return member;
      return async (ref: Ref, ...given: unknown[]) => {
        const answer = await (member as (...all: unknown[]) => Promise<unknown>).call(target, ref, ...given);
        written.push(`${ref.kind}/${ref.name}`);
        return answer;
      };
    },
  });
  return { writer: proxy, written };
}

const WRITES: readonly (keyof Writer)[] = ['create', 'apply', 'patch', 'remove'];
