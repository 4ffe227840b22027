import { startDeliveryBed } from '../packages/delivery/src/cluster/bed.test-kit.ts';
import { presentComponent } from '../packages/testbed/src/components/component.ts';
import { type Benchmark, median } from './benchmark.ts';
import { startArgoRollouts } from './rivals/argo-rollouts.ts';
import { abortByArgo } from './rollback/argo-rollouts.ts';
import type { Back } from './rollback/back.ts';
import { rollBackByKubectl } from './rollback/kubectl.ts';
import { abortOurs, rollBackOurs, takeBackOurs } from './rollback/ours.ts';

const ROUNDS = 5;
/** Pods answer longer than Traefik's throttle is, so that nothing is lost by how they leave. */
const UNDER = { replicas: 3, preStopSeconds: 5, perSecond: 100 };
/** From the moment at which a way back is written down until the last client is back, with a stable that is warm. */
const MOST_MS = 2_000;

/** In the order in which they take turns; each of ours before or after what it is compared with. */
const WAYS = {
  abort: { about: 'canary at 50 %, abort said to the run that drives it', go: abortOurs },
  argo: { about: 'Argo Rollouts: canary at 50 %, abort', go: abortByArgo },
  rollback: { about: 'canary at 50 %, action rollback', go: rollBackOurs },
  kubectl: { about: 'kubectl rollout undo', go: rollBackByKubectl },
  promoted: { about: 'after promotion, action rollback', go: takeBackOurs },
} as const;
type Way = keyof typeof WAYS;
/** Ours, and what it must be no slower than. */
const RIVALS: Partial<Record<Way, Way>> = { abort: 'argo', rollback: 'kubectl' };
/** Where pods of the old version stand ready; after promotion they have to be started first. */
const WARM: readonly Way[] = ['abort', 'rollback'];

/**
 * Each round goes every way back once, one after the other, on one bed with one Traefik at its default throttle. A way
 * begins when its command is entered: kubectl or the bundle of the action is started. It ends with the last answer that any
 * client had of the new version. Argo Rollouts takes part where its controller has been built:
 * `npm run testbed -- get argo-rollouts`.
 */
export default {
  name: 'rollback',
  about: 'time until all clients are back on the old version, by the load generator’s record, beside others',
  async run(say, args) {
    const given = (name: string) => args.find((arg) => arg.startsWith(`--${name}=`))?.slice(name.length + 3);
    const only = given('only')?.split(',');
    const bed = await startDeliveryBed([], '2s');
    const backs: Partial<Record<Way, Back[]>> = {};
    try {
      const argo = await presentComponent('argo-rollouts');
      if (argo) await startArgoRollouts(bed.cluster);
      else say('not run: Argo Rollouts, because its controller is not built here');
      const ways = (Object.keys(WAYS) as Way[]).filter(
        (way) => (argo || way !== 'argo') && (only?.includes(way) ?? true),
      );
      for (let round = 1; round <= Number(given('rounds') ?? ROUNDS); round++) {
        for (const way of ways) {
          const back = await WAYS[way].go(bed, UNDER);
          backs[way] = [...(backs[way] ?? []), back];
          say(`round ${round}, ${way}: ${JSON.stringify(back)}`);
          await cleared(bed.cluster);
        }
      }
    } finally {
      await bed.cluster.stop();
    }
    return judged(backs);
  },
} satisfies Benchmark;

/** Takes away what a way has left, so that the next one finds the machine as this one did. */
async function cleared({ kubectl }: Pick<Awaited<ReturnType<typeof startDeliveryBed>>['cluster'], 'kubectl'>) {
  const names = (await kubectl(['get', 'namespaces', '-o', 'name'])).split('\n');
  const ours = names.filter((name) => /^namespace\/(shop|argo)-[0-9a-f]{6}$/.test(name));
  if (ours.length > 0) await kubectl(['delete', ...ours, '--timeout=120s']);
}

function judged(backs: Partial<Record<Way, Back[]>>) {
  const names = Object.keys(backs) as Way[];
  const all = (way: Way, what: keyof Back) => (backs[way] ?? []).flatMap((back) => back[what] ?? []);
  const middle = (way: Way, what: keyof Back) => {
    const values = all(way, what);
    return values.length === 0 ? undefined : Math.round(median(values));
  };
  const took = (way: Way) => middle(way, 'took') ?? Number.POSITIVE_INFINITY;
  const lost = (way: Way) => all(way, 'lost').reduce((sum, each) => sum + each, 0);
  const figures: Record<string, number> = { rounds: Math.max(...names.map((way) => backs[way]?.length ?? 0)) };
  const bounds: Record<string, string> = {};
  const kept: boolean[] = [];
  for (const way of names) {
    figures[`${way}_median_ms`] = took(way);
    figures[`${way}_worst_ms`] = Math.round(Math.max(...all(way, 'took')));
    figures[`${way}_lost`] = lost(way);
    const heard = (backs[way] ?? []).flatMap(({ written, act }) => (written && act ? [act - written] : []));
    if (heard.length > 0) figures[`${way}_heard_median_ms`] = Math.round(median(heard));
    const afterAct = (backs[way] ?? []).flatMap(({ took: all, act }) =>
      act === undefined ? [] : [Math.max(0, all - act)],
    );
    if (afterAct.length > 0) {
      figures[`${way}_from_act_median_ms`] = Math.round(median(afterAct));
      figures[`${way}_from_act_worst_ms`] = Math.round(Math.max(...afterAct));
    }
    if (afterAct.length > 0 && WARM.includes(way)) {
      bounds[`${way}_from_act_worst_ms`] = `<= ${MOST_MS}`;
      kept.push(Math.max(...afterAct) <= MOST_MS);
    }
    const rival = RIVALS[way];
    if (rival && backs[rival]) {
      bounds[`${way}_median_ms`] = `<= ${took(rival)} (${WAYS[rival].about})`;
      bounds[`${way}_lost`] = '0';
      kept.push(took(way) <= took(rival), lost(way) === 0);
    }
  }
  const table = [
    [
      'way back',
      'command written after',
      'act begins after',
      'router told after',
      'last client, median ms',
      'worst ms',
      'requests lost',
    ],
    ...names.map((way) => [
      WAYS[way].about,
      middle(way, 'written') ?? '-',
      middle(way, 'act') ?? '-',
      middle(way, 'told') ?? '-',
      took(way),
      figures[`${way}_worst_ms`] as number,
      lost(way),
    ]),
  ];
  return { figures, bounds, holds: kept.length > 0 && kept.every(Boolean), table };
}
