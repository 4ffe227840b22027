import { setTimeout as sleep } from 'node:timers/promises';
import { behave } from '@tillgate/testbed';
import { type DeliveryBed, startDeliveryBed } from '../packages/delivery/src/cluster/bed.test-kit.ts';
import { makeScene } from '../packages/delivery/src/cluster/scene.test-kit.ts';
import { startPeople } from '../packages/delivery/src/cluster/visitors.test-kit.ts';
import type { Benchmark } from './benchmark.ts';
import { bundledDriver } from './robustness/bundled-driver.ts';
import { judged, KILLS, type Release, SETTLED, type Shop, wentNowhere } from './robustness/judge.ts';
import { oneRelease } from './robustness/one-release.ts';

/** How long a driver lives in the mean, ms: any moment is as good for a kill as any other, until the release is over. */
const LIFE = 3_000;
/** A driver looks at least this often, ms, so that more is done in which it can be killed. */
const MOST_WAIT = 500;
const SIDE_BY_SIDE = 3;
const FAILING = 0.2;
/** No release is begun after this long, so that the whole stays below twenty minutes. */
const LAST_BEGUN = 14 * 60_000;

/**
 * Releases whose driver is killed again and again, over the real API server with calls that fail, a real router and
 * clients that never stop. Every second one is bad by its errors. How each ends is held against what was planted, and against
 * what clients had afterwards. With fewer kills asked for than 500 (`npm run bench -- robustness 60`) the bound does not
 * hold, whatever else was seen.
 */
const robustness: Benchmark = {
  name: 'robustness',
  about: `${KILLS} kills of a driving process, ${FAILING * 100} % of its API calls failing`,
  async run(say, [wanted = String(KILLS)]) {
    const kills = Number(wanted);
    const program = await bundledDriver();
    const bed = await startDeliveryBed();
    try {
      const began = performance.now();
      const shops: Shop[] = Array.from({ length: SIDE_BY_SIDE }, () => ({ releases: [], rows: [] }));
      const counted = (): number =>
        shops.flatMap(({ releases }) => releases).reduce((sum, { outcome }) => sum + outcome.killedAt.length, 0);
      const passed = () => Math.round((performance.now() - began) / 1000);
      const more = () => counted() < kills && performance.now() - began < LAST_BEGUN;
      await Promise.all(
        shops.map(async (shop, lane) => {
          await sleep(lane * 1_000);
          await oneShop(bed, program, more, lane, shop, (release) => {
            say(`${counted()} kills, ${passed()} s: ${lineOf(release)}`);
          });
        }),
      );
      const rows = shops.flatMap((shop) => shop.rows);
      for (const row of rows.filter(wentNowhere)) say(`to nowhere: ${JSON.stringify(row)}`);
      return judged(shops, (performance.now() - began) / 1000);
    } finally {
      await bed.stop();
    }
  },
};

export default robustness;

function lineOf({ bad, outcome }: Release): string {
  const trouble = [...outcome.between, ...(outcome.lost > 0 ? ['state lost'] : [])].join('; ');
  const told = `${bad ? 'bad' : 'good'}, ${outcome.end} after ${outcome.killedAt.length}.`;
  return [told, outcome.because, trouble].filter(Boolean).join(' ');
}

/** Release after release in one shop, with its own clients; between two of them clients are listened to for a while. */
async function oneShop(
  bed: DeliveryBed,
  program: string,
  more: () => boolean,
  lane: number,
  shop: Shop,
  done: (release: Release) => void,
): Promise<void> {
  let scene = await makeScene(bed);
  const people = await startPeople(bed, scene, { arrivals: { pattern: 'constant', perSecond: 30 } });
  try {
    for (let index = lane; more(); index++) {
      const bad = index % 2 === 1;
      await behave(bed.cluster.bed, scene.images[scene.to] as string, { errors: bad ? 0.5 : 0 });
      const outcome = await oneRelease(bed, scene, {
        life: LIFE,
        mostWait: MOST_WAIT,
        failing: FAILING,
        program,
      });
      const release = { bad, from: scene.from, to: scene.to, outcome, endedAt: Date.now() };
      shop.releases.push(release);
      done(release);
      await sleep(SETTLED.after + SETTLED.listened);
      if (outcome.end === 'promoted') scene = { ...scene, from: scene.to, to: scene.from };
    }
  } finally {
    shop.rows.push(...(await people.stop()).rows());
  }
}
