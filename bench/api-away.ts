import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Row, until } from '@tillgate/testbed';
import { type DeliveryBed, startDeliveryBed } from '../packages/delivery/src/cluster/bed.test-kit.ts';
import { beginOn, rigFor } from '../packages/delivery/src/cluster/rig.test-kit.ts';
import { tick, watchdogKubeconfig, withRights } from '../packages/delivery/src/cluster/rights.test-kit.ts';
import { makeScene } from '../packages/delivery/src/cluster/scene.test-kit.ts';
import { planFor } from '../packages/delivery/src/cluster/scene-plan.test-kit.ts';
import { hurt, startPeople } from '../packages/delivery/src/cluster/visitors.test-kit.ts';
import type { Benchmark } from './benchmark.ts';
import { bundledDriver } from './robustness/bundled-driver.ts';
import type { Task, Told } from './robustness/task.ts';

const MINUTES = 5;
/** The watchdog's, as it is shipped. */
const TICK_S = 60;
/** A delivery is abandoned after so long in which the API server was there and nothing was heard, in ms. */
const ABANDONED = 2 * TICK_S * 1_000;
const READY_WITHIN = 10 * 60_000;
const WAYS = ['hangs', 'is gone'] as const;
type Way = (typeof WAYS)[number];

/**
 * The API server away in the middle of a canary, under load: once it hangs, with its connections open, and once it is
 * gone and comes back as a new process. The watchdog's ticks go on, and two that counted would be enough for it to act.
 */
const apiAway: Benchmark = {
  name: 'api-away',
  about: `a canary whose API server is away for ${MINUTES} minutes: it hangs, and it is gone`,
  async run(say, [minutes = String(MINUTES)]) {
    const program = await bundledDriver();
    const bed = await startDeliveryBed();
    const seen: Seen[] = [];
    try {
      for (const way of WAYS) {
        seen.push(await oneCanary(bed, program, way, Number(minutes)));
        say(`${way}: ${JSON.stringify(seen.at(-1))}`);
      }
    } finally {
      await bed.stop();
    }
    const rows = Object.keys(seen[0] ?? {}).map(
      (name) => [name, ...seen.map((each) => each[name as keyof Seen])] as const,
    );
    const most = (of: (each: Seen) => number) => Math.max(...seen.map(of));
    const figures = {
      away_seconds: Math.min(...seen.map(({ away_s }) => away_s)),
      promoted: seen.filter(({ end }) => end === 'promoted').length,
      failed_requests: most(({ failed }) => failed),
      requests: Math.min(...seen.map(({ requests }) => requests)),
      looks_while_away: most(({ looks_while_away }) => looks_while_away),
      goes_on_after_s: most(({ goes_on_after_s }) => goes_on_after_s),
      ticks_that_failed: Math.min(...seen.map(({ ticks_failed }) => ticks_failed)),
      watchdog_acted: most(({ watchdog_acted }) => watchdog_acted),
    };
    return {
      figures,
      bounds: {
        away_seconds: `>= ${MINUTES * 60}`,
        promoted: String(WAYS.length),
        failed_requests: '0',
        requests: '> 0',
        watchdog_acted: '0',
      },
      holds:
        figures.away_seconds >= MINUTES * 60 &&
        figures.promoted === WAYS.length &&
        figures.failed_requests === 0 &&
        figures.requests > 0 &&
        figures.watchdog_acted === 0,
      table: [['the API server', ...WAYS] as const, ...rows],
    };
  },
};

export default apiAway;

/** What was seen of one canary. */
interface Seen {
  end: string;
  away_s: number;
  requests: number;
  failed: number;
  failed_while_away: number;
  looks_while_away: number;
  goes_on_after_s: number;
  /** How often a driver had to be started: more than once where one had given up. */
  drivers: number;
  ticks: number;
  ticks_failed: number;
  watchdog_acted: number;
}

async function oneCanary(bed: DeliveryBed, program: string, way: Way, minutes: number): Promise<Seen> {
  const scene = await makeScene(bed);
  await withRights(bed, scene);
  const kubeconfig = await watchdogKubeconfig(bed, scene);
  const people = await startPeople(bed, scene, { arrivals: { pattern: 'constant', perSecond: 30 } });
  const longest = (minutes + 10) * 60_000;
  const share = (of: number) => ({ share: of, forMs: 15_000, maxMs: longest, analysis: true, sessions: null });
  const tested = await planFor(bed, scene, {
    shares: [share(2_500), share(5_000)],
    settleMs: longest,
    abandonAfterMs: ABANDONED,
  });
  // As policies have it: nodes that were not heard of either come back one by one, and their pods with them.
  const plan = { ...tested, watching: tested.watching && { ...tested.watching, readyWithinMs: READY_WITHIN } };
  const rig = rigFor(bed, scene, plan);
  const { record } = await beginOn(rig);
  const prometheus = bed.prometheus.outside;
  const task = { kubeconfig: bed.kubeconfig, prometheus, plan, record, failing: 0, mostWait: null };
  const driving = startDriving(program, task, longest);
  const ticks = startTicks(() => tick(bed, scene, kubeconfig, TICK_S));
  await until('its share is set', async () => (await rig.target.observe('all')).candidateShare === 2_500, 120_000);
  await sleep(5_000);

  const gone = Date.now();
  await bed.cluster.bed.signal('kube-apiserver', way === 'hangs' ? 'SIGSTOP' : 'SIGKILL');
  await sleep(minutes * 60_000);
  const back = Date.now();
  if (way === 'hangs') await bed.cluster.bed.signal('kube-apiserver', 'SIGCONT');
  else await bed.cluster.bed.restart('kube-apiserver');

  const { end, looks, drivers } = await driving;
  const told = await ticks.stop();
  const rows: Row[] = [...(await people.stop()).rows()];
  const failed = rows.filter(hurt);
  const during = (at: number) => at >= gone && at < back;
  return {
    end,
    away_s: (back - gone) / 1_000,
    requests: rows.length,
    failed: failed.length,
    failed_while_away: failed.filter(({ at }) => during(at)).length,
    // One may have been on its way when it began.
    looks_while_away: looks.filter((at) => during(at - 1_000)).length,
    goes_on_after_s: ((looks.find((at) => at >= back) ?? Number.NaN) - back) / 1_000,
    drivers,
    ticks: told.length,
    ticks_failed: told.filter(({ code }) => code !== 0).length,
    watchdog_acted: told.filter(({ out }) => out.includes('was taken to')).length,
  };
}

/** Drives until it is over, as a job would that is run again when it ended before that, but no longer than so many ms. */
async function startDriving(program: string, task: Task, mostMs: number) {
  const began = performance.now();
  const folder = await mkdtemp(join(tmpdir(), 'tillgate-away-'));
  const looks: number[] = [];
  try {
    const file = join(folder, 'task.json');
    await writeFile(file, JSON.stringify(task));
    for (let drivers = 1; ; drivers++) {
      let end: string | undefined;
      const child = fork(program, [file], { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
      const late = setTimeout(() => child.kill('SIGKILL'), mostMs - (performance.now() - began));
      child.on('message', (told: Told) => {
        if ('looked' in told) looks.push(Date.now());
        if ('ended' in told) end = told.ended;
      });
      await once(child, 'exit');
      clearTimeout(late);
      if (end !== undefined || drivers === 5 || performance.now() - began >= mostMs)
        return { end: end ?? 'not over', looks, drivers };
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** One tick a minute, whatever became of the one before. */
function startTicks(one: () => Promise<{ code: unknown; out: string }>) {
  const ending = new AbortController();
  const all: { code: unknown; out: string }[] = [];
  const ticking = (async () => {
    while (!ending.signal.aborted) {
      const began = Date.now();
      all.push(await one());
      const left = TICK_S * 1_000 - (Date.now() - began);
      await sleep(Math.max(0, left), undefined, { signal: ending.signal }).catch(() => {});
    }
  })();
  return {
    async stop() {
      ending.abort();
      await ticking;
      return all;
    },
  };
}
