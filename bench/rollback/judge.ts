import { type Measured, median } from '../benchmark.ts';
import type { Back } from './back.ts';

const ABOUT = {
  abort: 'canary at 50 %, abort said to the run that drives it',
  argo: 'Argo Rollouts: canary at 50 %, abort',
  rollback: 'canary at 50 %, action rollback',
  kubectl: 'kubectl rollout undo',
  promoted: 'after promotion, action rollback',
} as const;
export type Way = keyof typeof ABOUT;
/** What was seen of each way, one of each round. */
export type Backs = Partial<Record<Way, Back[]>>;

/** Ours, and those of which the fastest is its bound: after promotion no rival has a canary left to abort. */
const RIVALS: Partial<Record<Way, readonly Way[]>> = {
  abort: ['argo', 'kubectl'],
  rollback: ['argo', 'kubectl'],
  promoted: ['kubectl'],
};
/** Where pods of the old version stand ready; after promotion they have to be started first. */
const WARM: readonly Way[] = ['abort', 'rollback'];
/** From the moment at which a way back is written down until the last client is back, with a stable that is warm. */
const MOST_MS = 2_000;

const bestOf = (ways: readonly Way[], took: (way: Way) => number): Way | undefined =>
  [...ways].sort((one, other) => took(one) - took(other))[0];

/**
 * By the medians of the rounds. Nothing is held where a way is missing that should have been compared with, for the reason
 * that is given.
 */
export function judged(backs: Backs, missing = ''): Measured {
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
    const best = bestOf(
      (RIVALS[way] ?? []).filter((rival) => backs[rival]),
      took,
    );
    if (best) {
      bounds[`${way}_median_ms`] = `<= ${took(best)} (${ABOUT[best]})`;
      bounds[`${way}_lost`] = '0';
      kept.push(took(way) <= took(best), lost(way) === 0);
    }
  }
  if (missing !== '') bounds.not_run = missing;
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
      ABOUT[way],
      middle(way, 'written') ?? '-',
      middle(way, 'act') ?? '-',
      middle(way, 'told') ?? '-',
      took(way),
      figures[`${way}_worst_ms`] as number,
      lost(way),
    ]),
  ];
  return { figures, bounds, holds: missing === '' && kept.length > 0 && kept.every(Boolean), table };
}
