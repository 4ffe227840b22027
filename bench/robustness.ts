import { setTimeout as sleep } from 'node:timers/promises';
import { behave, type Row } from '@tillgate/testbed';
import { type DeliveryBed, startDeliveryBed } from '../packages/delivery/src/cluster/bed.test-kit.ts';
import { makeScene, type Scene } from '../packages/delivery/src/cluster/scene.test-kit.ts';
import { startPeople } from '../packages/delivery/src/cluster/visitors.test-kit.ts';
import type { Benchmark } from './benchmark.ts';
import { bundledDriver } from './robustness/bundled-driver.ts';
import { type Outcome, oneRelease, PLACES } from './robustness/one-release.ts';

const KILLS = 500;
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
 * clients that never stop. A second of them is bad by its errors. With fewer kills asked for than 500 the bound does not hold,
 * whatever else was seen.
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
      const outcomes: Outcome[] = [];
      const rows: Row[] = [];
      const counted = (): number => outcomes.reduce((sum, { killedAt }) => sum + killedAt.length, 0);
      const more = () => counted() < kills && performance.now() - began < LAST_BEGUN;
      const lanes = Array.from({ length: SIDE_BY_SIDE }, async (_, lane) => {
        await sleep(lane * 1_000);
        const seen = await oneShop(bed, program, more, lane, (outcome, scene) => {
          outcomes.push(outcome);
          const trouble = [...outcome.between, ...(outcome.lost > 0 ? ['state lost'] : [])].join('; ');
          say(
            `${counted()} kills, ${Math.round((performance.now() - began) / 1000)} s: ${scene.namespace} ${outcome.end} after ${outcome.killedAt.length}. ${[outcome.because, trouble].filter(Boolean).join(' ')}`,
          );
        });
        rows.push(...seen);
      });
      await Promise.all(lanes);
      for (const row of rows.filter(wentNowhere)) say(`to nowhere: ${JSON.stringify(row)}`);
      return report(outcomes, rows, (performance.now() - began) / 1000);
    } finally {
      await bed.stop();
    }
  },
};

export default robustness;

/** Release after release in one shop, with its own clients. What they saw comes back. */
async function oneShop(
  bed: DeliveryBed,
  program: string,
  more: () => boolean,
  lane: number,
  done: (outcome: Outcome, scene: Scene) => void,
): Promise<Row[]> {
  let scene = await makeScene(bed);
  const people = await startPeople(bed, scene, { arrivals: { pattern: 'constant', perSecond: 30 } });
  try {
    for (let index = lane; more(); index++) {
      const errors = index % 2 === 1 ? 0.5 : 0;
      await behave(bed.cluster.bed, scene.images[scene.to] as string, { errors });
      const outcome = await oneRelease(bed, scene, {
        life: LIFE,
        mostWait: MOST_WAIT,
        failing: FAILING,
        program,
      });
      done(outcome, scene);
      if (outcome.end === 'promoted') scene = { ...scene, from: scene.to, to: scene.from };
    }
  } catch (cause) {
    await people.stop();
    throw cause;
  }
  return [...(await people.stop()).rows()];
}

/** No answer, or one of a router that has nobody to ask. What a shop itself answers, however bad, is no such thing. */
const wentNowhere = ({ status, version }: Row) => status === 0 || (version === '' && (status === 404 || status >= 502));

function report(outcomes: readonly Outcome[], rows: readonly Row[], seconds: number) {
  const places = outcomes.flatMap(({ killedAt }) => killedAt);
  const at = (place: string) => places.filter((each) => each === place).length;
  const count = (end: string) => outcomes.filter((outcome) => outcome.end === end).length;
  const figures = {
    kills: places.length,
    releases: outcomes.length,
    promoted: count('promoted'),
    returned: count('returned'),
    left_in_between: outcomes.filter(({ between }) => between.length > 0).length,
    lost_states: outcomes.reduce((sum, { lost }) => sum + lost, 0),
    requests: rows.length,
    requests_to_nowhere: rows.filter(wentNowhere).length,
    fewest_kills_at_a_step: Math.min(...PLACES.slice(1).map(at)),
    seconds: Math.round(seconds),
  };
  const holds =
    figures.kills >= KILLS &&
    figures.promoted > 0 &&
    figures.returned > 0 &&
    figures.left_in_between === 0 &&
    figures.lost_states === 0 &&
    figures.requests > 0 &&
    figures.requests_to_nowhere === 0 &&
    figures.fewest_kills_at_a_step > 0;
  return {
    figures,
    bounds: {
      kills: `>= ${KILLS}`,
      promoted: '> 0',
      returned: '> 0',
      left_in_between: '0',
      lost_states: '0',
      requests: '> 0',
      requests_to_nowhere: '0',
      fewest_kills_at_a_step: '> 0',
    },
    holds,
    table: [
      ['figure', 'value'] as const,
      ...Object.entries(figures),
      ...PLACES.map((place) => [`killed at: ${place}`, at(place)] as const),
    ],
  };
}
