import type { CountWindow, Stratum } from '@tillgate/analysis';
import { type Log, silentLog } from '@tillgate/host';
import { begin, escapeOf } from '../begin.ts';
import { type Driven, drive, type Tick } from '../drive/drive.ts';
import { digestOfAll, NEW, OLD } from '../example-plan.test-kit.ts';
import type { Plan } from '../plan.ts';
import type { Counts, PermitOffice } from '../ports.ts';
import { encodeStatus, readStatus } from '../schema/status.ts';
import type { Permits } from '../seen.ts';
import type { Status } from '../status.ts';
import { type Chaos, Process } from './process.test-kit.ts';
import { emptyShelf, memoryStore, type Shelf } from './store.test-kit.ts';
import { beforeOf, memoryTarget } from './target.test-kit.ts';
import { VirtualTime } from './time.test-kit.ts';
import { type Behaviour, World } from './world.test-kit.ts';

const HEALTHY: Behaviour = { errors: 0.001, startsIn: 8_000 };

/** A cluster in which a delivery has been begun and nobody drives it yet. */
export interface Scene {
  time: VirtualTime;
  world: World;
  shelf: Shelf;
  plan: Plan;
  permits: Permits;
}

export function sceneOf(
  plan: Plan,
  {
    next = {},
    onInconclusive = 'safe-state',
    autoscaled = null,
  }: { next?: Partial<Behaviour>; onInconclusive?: Status['onInconclusive']; autoscaled?: World['autoscaled'] } = {},
): Scene {
  const time = new VirtualTime();
  const running = plan.strategy === 'rollback' ? plan.from : OLD;
  const world = new World(time, running, { [OLD]: HEALTHY, [NEW]: { ...HEALTHY, ...next } });
  world.autoscaled = autoscaled;
  const shelf = emptyShelf(plan);
  const before = beforeOf(world);
  const escapes = escapeOf(plan, memoryTarget(world, plan, new Process(time)), before);
  const beginning = { record: digestOfAll('4'), before, escape: escapes, onInconclusive, at: time.now, epoch: 1 };
  shelf.json = encodeStatus(begin(plan, beginning));
  shelf.version = 1;
  return { time, world, shelf, plan, permits: { freeze: 'open', record: 'valid', because: [] } };
}

export interface Run {
  who?: string;
  chaos?: Chaos;
  signal?: AbortSignal;
  back?: string;
  onTick?: (tick: Tick) => void;
  log?: Log;
  counts?: Counts;
  permits?: PermitOffice;
}

/** Starts a driver in a process of its own. */
export function startDriver(scene: Scene, { who = 'a run', chaos, signal, ...rest }: Run = {}) {
  const { time, world, shelf, plan } = scene;
  const process = new Process(time, chaos);
  const driven = drive({
    plan,
    store: memoryStore(shelf, process, who),
    target: memoryTarget(world, plan, process),
    counts: {
      read: ([reading], _, cursor) =>
        process.call(() => ({ windows: windowsOf(world, reading?.arm.candidate === 'odoo', cursor), faults: [] })),
    },
    permits: { read: () => process.call(() => scene.permits) },
    log: silentLog,
    signal: signal ?? new AbortController().signal,
    pace: { wait: (ms, until) => process.wait(ms, until), now: () => time.now, random: () => 0.5 },
    ...rest,
  });
  return { process, driven };
}

/** Lets a driver drive until it ends, or dies. */
export async function driveOnce(scene: Scene, run: Run = {}): Promise<Driven | 'died'> {
  const { process, driven } = startDriver(scene, run);
  return scene.time.until(Promise.race([driven, process.died]));
}

/** Where clients and pods are: the image of stable, what stands beside it, and its share. */
export const stand = ({ world }: Scene) => [world.stable.image, world.candidate, world.routing.share];
export const [PROMOTED, BACK] = [
  [NEW, null, 0],
  [OLD, null, 0],
];

export const statusOn = ({ shelf }: Scene): Status => readStatus(shelf.json as string);

/** After promotion, readings ask for the series of stable under the name of the candidate. */
function windowsOf(world: World, swapped: boolean, cursor: number): CountWindow[] {
  const swap = ({ candidate, stable, ...rest }: Stratum): Stratum => ({
    ...rest,
    candidate: stable,
    stable: candidate,
  });
  const windows = world.windowsSince(cursor);
  if (!swapped) return windows;
  return windows.map((window) => ({ ...window, metrics: { errors: (window.metrics.errors ?? []).map(swap) } }));
}
