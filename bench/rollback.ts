import { type DeliveryBed, startDeliveryBed } from '../packages/delivery/src/cluster/bed.test-kit.ts';
import { presentComponent } from '../packages/testbed/src/components/component.ts';
import type { Benchmark } from './benchmark.ts';
import { startArgoRollouts } from './rivals/argo-rollouts.ts';
import { abortByArgo } from './rollback/argo-rollouts.ts';
import type { Back } from './rollback/back.ts';
import type { Under } from './rollback/canary.ts';
import { type Backs, judged, type Way } from './rollback/judge.ts';
import { rollBackByKubectl } from './rollback/kubectl.ts';
import { abortOurs, rollBackOurs, takeBackOurs } from './rollback/ours.ts';

const ROUNDS = 5;
/** Pods answer longer than Traefik's throttle is, so that nothing is lost by how they leave. */
const UNDER = { replicas: 3, preStopSeconds: 5, perSecond: 100 };
/** In the order in which they take turns; each of ours before or after what it is compared with. */
const GO: Record<Way, (bed: DeliveryBed, under: Under) => Promise<Back>> = {
  abort: abortOurs,
  argo: abortByArgo,
  rollback: rollBackOurs,
  kubectl: rollBackByKubectl,
  promoted: takeBackOurs,
};

/**
 * Each round goes every way back once, one after the other, on one bed with one Traefik at its default throttle. A way
 * begins when its command is entered: kubectl or the bundle of the action is started. It ends with the last answer that any
 * client had of the new version. Nothing is held where Argo Rollouts should take part and its controller has not been built:
 * `npm run testbed -- get argo-rollouts`.
 */
export default {
  name: 'rollback',
  about: 'time until all clients are back on the old version, by the load generator’s record, beside others',
  async run(say, args) {
    const given = (name: string) => args.find((arg) => arg.startsWith(`--${name}=`))?.slice(name.length + 3);
    const only = given('only')?.split(',');
    const bed = await startDeliveryBed([], '2s');
    const backs: Backs = {};
    let missing = '';
    try {
      const argo = await presentComponent('argo-rollouts');
      const wanted = (Object.keys(GO) as Way[]).filter((way) => only?.includes(way) ?? true);
      const ways = wanted.filter((way) => argo || way !== 'argo');
      if (ways.includes('argo')) await startArgoRollouts(bed.cluster);
      if (ways.length < wanted.length) {
        missing = 'Argo Rollouts, because its controller is not built here: npm run testbed -- get argo-rollouts';
        say(`not run: ${missing}`);
      }
      for (let round = 1; round <= Number(given('rounds') ?? ROUNDS); round++) {
        for (const way of ways) {
          const back = await GO[way](bed, UNDER);
          backs[way] = [...(backs[way] ?? []), back];
          say(`round ${round}, ${way}: ${JSON.stringify(back)}`);
          await cleared(bed.cluster);
        }
      }
    } finally {
      await bed.cluster.stop();
    }
    return judged(backs, missing);
  },
} satisfies Benchmark;

/** Takes away what a way has left, so that the next one finds the machine as this one did. */
async function cleared({ kubectl }: Pick<Awaited<ReturnType<typeof startDeliveryBed>>['cluster'], 'kubectl'>) {
  const names = (await kubectl(['get', 'namespaces', '-o', 'name'])).split('\n');
  const ours = names.filter((name) => /^namespace\/(shop|argo)-[0-9a-f]{6}$/.test(name));
  if (ours.length > 0) await kubectl(['delete', ...ours, '--timeout=120s']);
}
