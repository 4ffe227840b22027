import { startDeliveryBed } from '../packages/delivery/src/cluster/bed.test-kit.ts';
import { makeScene } from '../packages/delivery/src/cluster/scene.test-kit.ts';
import { startPeople } from '../packages/delivery/src/cluster/visitors.test-kit.ts';
import { type Benchmark, median } from './benchmark.ts';
import { bundledDriver } from './robustness/bundled-driver.ts';
import { oneRelease } from './robustness/one-release.ts';
import type { Told } from './robustness/task.ts';

const ROUNDS = 3;
const MEMORY_MIB = 128;

/** What one delivery from the first step to the last costs: requests to the API server, and memory of who drives it. */
const deliveryCost: Benchmark = {
  name: 'delivery-cost',
  about: `API requests a step and memory of a driver, ${ROUNDS} releases`,
  async run(say) {
    const program = await bundledDriver();
    const bed = await startDeliveryBed();
    try {
      let scene = await makeScene(bed);
      const people = await startPeople(bed, scene);
      const rounds: Told[][] = [];
      for (let round = 0; round < ROUNDS; round++) {
        const { end, told } = await oneRelease(bed, scene, { kills: 0, within: 0, failing: 0, program });
        if (end !== 'promoted') throw new Error(`A good release ended "${end}": its cost says nothing.`);
        say(`round ${round + 1}: ${JSON.stringify(told.at(-1))}`);
        rounds.push(told);
        scene = { ...scene, from: scene.to, to: scene.from };
      }
      await people.stop();
      const steps = rounds.map(requestsByStep);
      const names = Object.keys(steps[0] ?? {});
      const byStep = Object.fromEntries(names.map((name) => [name, median(steps.map((each) => each[name] ?? 0))]));
      const ends = rounds.flatMap((told) => told.flatMap((each) => ('ended' in each ? [each] : [])));
      const figures = {
        requests_per_delivery: median(ends.map(({ requests }) => requests)),
        requests_of_the_longest_step: Math.max(...Object.values(byStep)),
        memory_mib: Math.round(Math.max(...ends.map(({ memoryMib }) => memoryMib))),
      };
      return {
        figures,
        bounds: { memory_mib: `<= ${MEMORY_MIB}` },
        holds: figures.memory_mib <= MEMORY_MIB,
        table: [['step', 'requests'] as const, ...Object.entries(byStep)],
      };
    } finally {
      await bed.cluster.stop();
    }
  },
};

export default deliveryCost;

/** Requests between the beginning of each step and that of the next. */
function requestsByStep(told: readonly Told[]): Record<string, number> {
  const marks = told.flatMap((each) =>
    'began' in each ? [[each.began, each.requests] as const] : 'ended' in each ? [['', each.requests] as const] : [],
  );
  return Object.fromEntries(
    marks.slice(0, -1).map(([name, requests], index) => [name, (marks[index + 1]?.[1] ?? requests) - requests]),
  );
}
