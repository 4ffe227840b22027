import { startDeliveryBed } from '../packages/delivery/src/cluster/bed.test-kit.ts';
import { makeScene } from '../packages/delivery/src/cluster/scene.test-kit.ts';
import { startPeople } from '../packages/delivery/src/cluster/visitors.test-kit.ts';
import { type Benchmark, median } from './benchmark.ts';
import { bundledDriver } from './robustness/bundled-driver.ts';
import type { Calls } from './robustness/counting-writer.ts';
import { oneRelease } from './robustness/one-release.ts';
import type { Spent, Told } from './robustness/task.ts';

const ROUNDS = 3;
const MEMORY_MB = 128;

/**
 * What one delivery from the first step to the last costs: requests to the API server, those for Events among them, and
 * memory of who drives it.
 */
const deliveryCost: Benchmark = {
  name: 'delivery-cost',
  about: `API requests a step and memory of a driver that looks as often as in life, ${ROUNDS} releases`,
  async run(say) {
    const program = await bundledDriver();
    const bed = await startDeliveryBed();
    try {
      let scene = await makeScene(bed);
      const people = await startPeople(bed, scene);
      const rounds: Told[][] = [];
      for (let round = 0; round < ROUNDS; round++) {
        const { end, told } = await oneRelease(bed, scene, { life: null, mostWait: null, failing: 0, program });
        if (end !== 'promoted') throw new Error(`A good release ended "${end}": its cost says nothing.`);
        say(`round ${round + 1}: ${JSON.stringify(told.at(-1))}`);
        rounds.push(told);
        scene = { ...scene, from: scene.to, to: scene.from };
      }
      await people.stop();
      const steps = rounds.map(byStep);
      const ends = rounds.flatMap((told) => told.flatMap((each) => ('ended' in each ? [each] : [])));
      const rows = Object.keys(steps[0] ?? {}).map((name) => {
        const of = (what: keyof Cost) => median(steps.map((each) => each[name]?.[what] ?? 0));
        return [name, of('seconds'), of('requests'), of('reads'), of('lists'), of('writes')] as const;
      });
      const figures = {
        requests_per_delivery: median(ends.map(({ spent }) => spent.requests)),
        events_per_delivery: median(ends.map(({ spent }) => spent.calls['create Event'] ?? 0)),
        requests_per_look: median(ends.map(({ perLook }) => perLook)),
        ...Object.fromEntries(rows.map(([name, , requests]) => [`requests_${name.replaceAll(/\W+/g, '_')}`, requests])),
        memory_mb: Math.round(Math.max(...ends.map(({ memoryMib }) => memoryMib)) * 1.048576),
        heap_mb: Math.round(median(ends.map(({ heapMib }) => heapMib)) * 1.048576),
      };
      return {
        figures,
        bounds: { memory_mb: `<= ${MEMORY_MB}` },
        holds: figures.memory_mb <= MEMORY_MB,
        table: [['step', 'seconds', 'requests', 'reads', 'lists', 'writes'] as const, ...rows],
      };
    } finally {
      await bed.stop();
    }
  },
};

export default deliveryCost;

interface Cost {
  seconds: number;
  requests: number;
  reads: number;
  lists: number;
  writes: number;
}

const NOTHING: Spent = { at: 0, requests: 0, calls: {} };
const READS = /^(read|uid)/;
const LISTS = /^list/;
const WRITES = /^(create|apply|patch|remove)/;

/** What was spent between the beginning of each step and that of the next; what came before the first is taking it over. */
function byStep(told: readonly Told[]): Record<string, Cost> {
  const marks = told.flatMap((each) =>
    'began' in each ? [[each.began, each.spent] as const] : 'ended' in each ? [['', each.spent] as const] : [],
  );
  const all = [['taking_over', NOTHING] as const, ...marks];
  return Object.fromEntries(
    all.slice(0, -1).map(([name, before], index) => [name, costOf(before, all[index + 1]?.[1] ?? before)]),
  );
}

function costOf(before: Spent, after: Spent): Cost {
  const calls = (of: RegExp) => sum(after.calls, of) - sum(before.calls, of);
  return {
    seconds: (after.at - before.at) / 1000,
    requests: after.requests - before.requests,
    reads: calls(READS),
    lists: calls(LISTS),
    writes: calls(WRITES),
  };
}

const sum = (calls: Calls, of: RegExp) =>
  Object.entries(calls).reduce((all, [name, times]) => (of.test(name) ? all + times : all), 0);
