import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { LANE, type Plan, shortOf, stepsOf } from '@tillgate/delivery';
import type { DeliveryBed } from '../../packages/delivery/src/cluster/bed.test-kit.ts';
import { beginOn, type Rig, rigFor } from '../../packages/delivery/src/cluster/rig.test-kit.ts';
import type { Scene } from '../../packages/delivery/src/cluster/scene.test-kit.ts';
import { planFor } from '../../packages/delivery/src/cluster/scene-plan.test-kit.ts';
import type { CanaryInput } from '../../packages/delivery/src/strategies/canary.ts';
import type { Task, Told } from './task.ts';

/** What became of one release. */
export interface Outcome {
  /** `promoted`, `returned`, or `not over`. */
  end: string;
  /** What turned it, as the status has it. */
  because: string;
  kills: number;
  /** How often the status was not to be found after a kill. */
  lost: number;
  /** Why it is not wholly there and not wholly back; empty where it is. */
  between: string[];
  told: Told[];
}

/** How a release is treated on its way. */
export interface Treatment {
  /** How many times its driver is killed. */
  kills: number;
  /** A driver is killed at a random moment of its first so many ms. */
  within: number;
  failing: number;
  /** File of the driver: see `bundledDriver`. */
  program: string;
}

/** Longer than any release takes with all its kills. */
const LONGEST = 300_000;

/** Who is killed every few seconds comes on slowly: that alone is not to take a release back. */
const PATIENCE = 120_000;
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
    const prometheus = bed.prometheus.outside;
    const task: Task = { kubeconfig: bed.kubeconfig, prometheus, plan, record, failing: treatment.failing };
    await writeFile(file, JSON.stringify(task));
    return await untilOver(rig, plan, treatment, file);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function untilOver(rig: Rig, plan: Plan, treatment: Treatment, file: string): Promise<Outcome> {
  const outcome: Outcome = { end: 'not over', because: '', kills: 0, lost: 0, between: [], told: [] };
  const until = performance.now() + LONGEST;
  while (performance.now() < until && outcome.between.length < 3) {
    const kill = outcome.kills < treatment.kills ? Math.random() * treatment.within : undefined;
    const { code, told } = await oneDriver(treatment.program, file, kill, until);
    outcome.told.push(...told);
    const ended = told.find((each) => 'ended' in each);
    if (ended) [outcome.end, outcome.because] = [ended.ended, ended.because];
    if (code === 0) break;
    if (code === null) outcome.kills++;
    else outcome.between.push(`a driver ended with ${code}`);
    if (!(await rig.driving.store.load()).found) outcome.lost++;
  }
  const way = outcome.end === 'promoted' ? 'forward' : 'stable';
  const goal = stepsOf(plan, LANE, way).at(-1)?.goal;
  outcome.between.push(...(goal ? shortOf(goal, await rig.target.observe(LANE)) : []));
  if (outcome.end !== 'promoted' && outcome.end !== 'returned') outcome.between.push(`it ended "${outcome.end}"`);
  return outcome;
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
