import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { LANE, type Plan, type Status, shortOf, stepsOf } from '@tillgate/delivery';
import type { DeliveryBed } from '../../packages/delivery/src/cluster/bed.test-kit.ts';
import { beginOn, type Rig, rigFor } from '../../packages/delivery/src/cluster/rig.test-kit.ts';
import type { Scene } from '../../packages/delivery/src/cluster/scene.test-kit.ts';
import { planFor } from '../../packages/delivery/src/cluster/scene-plan.test-kit.ts';
import type { CanaryInput } from '../../packages/delivery/src/strategies/canary.ts';
import { PLACES, type Task, type Told } from './task.ts';

/** What became of one release. */
export interface Outcome {
  /** `promoted`, `returned`, or `not over`. */
  end: string;
  /** What turned it, as the status has it: one word, and the whole; '' where nothing did. */
  by: string;
  because: string;
  /** At which step each driver was killed. */
  killedAt: string[];
  /** How often the status was not to be found after a kill. */
  lost: number;
  /** Why it is not wholly there and not wholly back; empty where it is. */
  between: string[];
  told: Told[];
}

/** How a release is treated on its way. */
interface Treatment {
  /** Every driver is killed, until the release is over: after so many ms in the mean. Null: none is. */
  life: number | null;
  failing: number;
  /** See `Task`. */
  mostWait: number | null;
  /** File of the driver: see `bundledDriver`. */
  program: string;
}

/** After so long nobody is killed any more, so that each release comes to its end; the longest that any may take. In ms. */
const [CALM, LONGEST] = [150_000, 300_000];

/** Who is killed every few seconds comes on slowly: that alone is not to take a release back. */
const PATIENCE = 240_000;
const PATIENT: Partial<CanaryInput> = {
  shares: [
    { share: 2_500, forMs: 2_000, maxMs: PATIENCE, analysis: true, sessions: null },
    { share: 5_000, forMs: 1_000, maxMs: PATIENCE, analysis: true, sessions: null },
  ],
  settleMs: PATIENCE,
};
const patient = (plan: Plan): Plan => ({
  ...plan,
  watching: plan.watching && { ...plan.watching, readyWithinMs: PATIENCE },
});

/** Delivers one release, killing whoever drives it, and looks at what is there in the end. */
export async function oneRelease(bed: DeliveryBed, scene: Scene, treatment: Treatment): Promise<Outcome> {
  const plan = patient(await planFor(bed, scene, PATIENT));
  const rig = rigFor(bed, scene, plan);
  const { record } = await beginOn(rig);
  const folder = await mkdtemp(join(tmpdir(), 'tillgate-robustness-'));
  try {
    const file = join(folder, 'task.json');
    const { failing, mostWait } = treatment;
    const prometheus = bed.prometheus.outside;
    const task: Task = { kubeconfig: bed.kubeconfig, prometheus, plan, record, failing, mostWait };
    await writeFile(file, JSON.stringify(task));
    return await untilOver(rig, plan, treatment, file);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function untilOver(rig: Rig, plan: Plan, treatment: Treatment, file: string): Promise<Outcome> {
  const { life, program } = treatment;
  const outcome: Outcome = { end: 'not over', by: '', because: '', killedAt: [], lost: 0, between: [], told: [] };
  const began = performance.now();
  while (performance.now() < began + LONGEST && outcome.between.length < 3) {
    const killing = life !== null && performance.now() < began + CALM;
    const kill = killing ? -Math.log(1 - Math.random()) * life : undefined;
    const { code, told } = await oneDriver(program, file, kill, began + LONGEST);
    outcome.told.push(...told);
    const ended = told.find((each) => 'ended' in each);
    if (ended) [outcome.end, outcome.by, outcome.because] = [ended.ended, ended.by, ended.because];
    if (code === 0) break;
    if (code !== null) outcome.between.push(`a driver ended with ${code}`);
    const { found } = await rig.driving.store.load();
    if (found && code === null) outcome.killedAt.push(whereIn(plan, found.status));
    if (!found) outcome.lost++;
  }
  const way = outcome.end === 'promoted' ? 'forward' : 'stable';
  const goal = stepsOf(plan, LANE, way).at(-1)?.goal;
  outcome.between.push(...(goal ? shortOf(goal, await rig.target.observe(LANE)) : []));
  if (outcome.end !== 'promoted' && outcome.end !== 'returned') outcome.between.push(`it ended "${outcome.end}"`);
  return outcome;
}

/** The step that a delivery is at. */
function whereIn(plan: Plan, { lanes }: Status): string {
  const lane = lanes[LANE];
  if (!lane) return PLACES[0];
  return stepsOf(plan, LANE, lane.way)[lane.step]?.name ?? lane.way;
}

/** Runs one driver, and kills it so long after it began to drive. Code null: it was killed. */
async function oneDriver(program: string, file: string, kill: number | undefined, until: number) {
  const child = fork(program, [file], { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
  const told: Told[] = [];
  const done = new AbortController();
  const killAfter = (ms: number) =>
    sleep(ms, undefined, { signal: done.signal }).then(
      () => child.kill('SIGKILL'),
      () => undefined, // it has ended by itself
    );
  child.on('message', (message: Told) => {
    told.push(message);
    if ('driving' in message && kill !== undefined) void killAfter(kill);
  });
  void killAfter(Math.max(0, until - performance.now()));
  const [code] = (await once(child, 'exit')) as [number | null];
  done.abort();
  return { code, told };
}
