import { startDeliveryBed } from '../packages/delivery/src/cluster/bed.test-kit.ts';
import { presentComponent } from '../packages/testbed/src/components/component.ts';
import { type Benchmark, median } from './benchmark.ts';
import { startArgoRollouts } from './rivals/argo-rollouts.ts';
import { rollBackByArgo } from './rollback/argo-rollouts.ts';
import type { Back } from './rollback/back.ts';
import { rollBackByKubectl } from './rollback/kubectl.ts';
import { rollBackOurs } from './rollback/ours.ts';

const ROUNDS = 5;
const REPLICAS = 3;
const PER_SECOND = 100;
/** From the first touch of traffic until nobody is on the new version any more, with a stable that is warm. */
const MOST_MS = 2_000;

/**
 * Each round has one way back of each, one after the other, on one bed with one Traefik at its default throttle. Argo Rollouts
 * takes part where its controller has been built: `npm run testbed -- get argo-rollouts`.
 */
export default {
  name: 'rollback',
  about: 'time until all clients are back on the old version, by the load generator’s record, beside others',
  async run(say, args) {
    const rounds = Number(args.find((arg) => arg.startsWith('--rounds='))?.slice('--rounds='.length) ?? ROUNDS);
    const bed = await startDeliveryBed([], '2s');
    const backs: Record<string, Back[]> = { tillgate: [], kubectl: [] };
    try {
      const argo = await presentComponent('argo-rollouts');
      if (argo) {
        await startArgoRollouts(bed.cluster);
        backs.argo = [];
      } else say('not run: Argo Rollouts, because its controller is not built here');
      const ways = { tillgate: rollBackOurs, kubectl: rollBackByKubectl, argo: rollBackByArgo };
      for (let round = 1; round <= rounds; round++) {
        for (const [name, taken] of Object.entries(backs)) {
          const back = await ways[name as keyof typeof ways](bed, REPLICAS, PER_SECOND);
          taken.push(back);
          say(`round ${round}, ${name}: back after ${Math.round(back.fromCall)} ms, ${back.lost} requests lost`);
        }
      }
    } finally {
      await bed.cluster.stop();
    }
    return judged(backs);
  },
} satisfies Benchmark;

function judged(backs: Record<string, Back[]>) {
  const of = (name: string, value: (back: Back) => number) => Math.round(median((backs[name] ?? []).map(value)));
  const names = Object.keys(backs);
  const figures: Record<string, number> = { rounds: backs.tillgate?.length ?? 0 };
  for (const name of names) {
    figures[`${name}_median_ms`] = of(name, ({ fromCall }) => fromCall);
    figures[`${name}_worst_ms`] = Math.round(Math.max(...(backs[name] ?? []).map(({ fromCall }) => fromCall)));
    figures[`${name}_lost`] = (backs[name] ?? []).reduce((sum, { lost }) => sum + lost, 0);
  }
  figures.tillgate_from_act_median_ms = of('tillgate', ({ fromAct }) => fromAct);
  const best = Math.min(
    ...names.filter((name) => name !== 'tillgate').map((name) => figures[`${name}_median_ms`] as number),
  );
  const bounds = {
    tillgate_median_ms: `<= ${best} (the best of the others)`,
    tillgate_from_act_median_ms: `<= ${MOST_MS}`,
    tillgate_lost: '0',
  };
  const holds =
    (figures.tillgate_median_ms as number) <= best &&
    (figures.tillgate_from_act_median_ms as number) <= MOST_MS &&
    figures.tillgate_lost === 0;
  const table = [
    ['way back', 'median ms', 'worst ms', 'requests lost'],
    ...names.map((name) => [
      name,
      figures[`${name}_median_ms`] as number,
      figures[`${name}_worst_ms`] as number,
      figures[`${name}_lost`] as number,
    ]),
  ];
  return { figures, bounds, holds, table };
}
