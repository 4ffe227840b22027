import { SCRAPE, SCRAPES, seenAt, type Trace } from './traces.ts';

/** A rule with its settings: when it aborts, in seconds, or never. */
export interface Rule {
  name: string;
  settings: string;
  abortsAt(trace: Trace): number | undefined;
}

/** Share of good answers of the candidate within so many seconds before a time; NaN without requests. */
function success(trace: Trace, seconds: number, within: number): number {
  const { total, bad } = trace.candidate;
  const [to, from] = [seenAt(trace, seconds), seenAt(trace, seconds - within)];
  const requests = (total[to] as number) - (total[from] as number);
  return 1 - ((bad[to] as number) - (bad[from] as number)) / requests;
}

/** Checks are the same for all settings of one interval, so they are computed once a trace. */
const checks = new WeakMap<Trace, Map<string, number[]>>();
function successes(trace: Trace, interval: number, within: number, first: number): number[] {
  const own = checks.get(trace) ?? new Map<string, number[]>();
  checks.set(trace, own);
  const key = `${interval} ${within} ${first}`;
  const all = own.get(key) ?? [];
  if (all.length === 0)
    for (let at = first; at <= SCRAPES * SCRAPE; at += interval) all.push(success(trace, at, within));
  own.set(key, all);
  return all;
}

/** Flagger: rolls back at so many failed checks in all; a check without data is a failed one. */
export function flagger(interval: number, least: number, threshold: number): Rule {
  return {
    name: 'Flagger',
    settings: `${interval} s, ${least * 100} %, threshold ${threshold}`,
    abortsAt(trace) {
      let failed = 0;
      const all = successes(trace, interval, 60, interval);
      const at = all.findIndex((share) => {
        if (!(share >= least)) failed++;
        return failed >= threshold;
      });
      return at < 0 ? undefined : (at + 1) * interval;
    },
  };
}

/** Argo Rollouts: aborts at more failures than its limit, or at five errors (no data) in a row. Measures at once, then by interval. */
export function argo(interval: number, least: number, failureLimit: number): Rule {
  return {
    name: 'Argo Rollouts',
    settings: `${interval} s, ${least * 100} %, failureLimit ${failureLimit}`,
    abortsAt(trace) {
      let [failed, errors] = [0, 0];
      const all = successes(trace, interval, interval, 0);
      const at = all.findIndex((share) => {
        errors = Number.isNaN(share) ? errors + 1 : 0;
        if (share < least) failed++;
        return failed > failureLimit || errors > 4;
      });
      return at < 0 ? undefined : at * interval;
    },
  };
}

/** Like Kayenta's judge: Mann-Whitney over points of a minute since the start, and an effect size, once an interval. */
export function kayenta(interval: number, z: number, leastRatio: number): Rule {
  return {
    name: 'Kayenta-like',
    settings: `${interval} s, z ${z}, ratio ${leastRatio}`,
    abortsAt(trace) {
      const end = SCRAPES * SCRAPE;
      for (let at = interval; at <= end; at += interval) {
        const ours = points(trace, 'candidate', at);
        const theirs = points(trace, 'stable', at);
        // Half of the points without data, and nothing is judged.
        if (ours.length < at / 120 || theirs.length < at / 120) continue;
        const ratio = mean(ours) / mean(theirs);
        if (ratio > leastRatio && mannWhitney(ours, theirs) > z) return at;
      }
      return undefined;
    },
  };
}

const cache = new WeakMap<Trace, { candidate: number[]; stable: number[]; at: number[][] }>();
function points(trace: Trace, arm: 'candidate' | 'stable', until: number): number[] {
  let own = cache.get(trace);
  if (!own) {
    own = { candidate: [], stable: [], at: [] };
    for (let minute = 60; minute <= SCRAPES * SCRAPE; minute += 60) {
      const [to, from] = [seenAt(trace, minute), seenAt(trace, minute - 60)];
      for (const side of ['candidate', 'stable'] as const) {
        const { total, bad } = trace[side];
        own[side].push(
          ((bad[to] as number) - (bad[from] as number)) / ((total[to] as number) - (total[from] as number)),
        );
      }
    }
    cache.set(trace, own);
  }
  return own[arm].slice(0, until / 60).filter((point) => !Number.isNaN(point));
}

const mean = (values: readonly number[]) => values.reduce((a, b) => a + b, 0) / values.length;

/** How many standard deviations the ranks of the first lie above chance, with the correction for ties. */
export function mannWhitney(a: readonly number[], b: readonly number[]): number {
  const all = [...a.map((value) => ({ value, first: true })), ...b.map((value) => ({ value, first: false }))];
  all.sort((x, y) => x.value - y.value);
  let [ranks, ties] = [0, 0];
  for (let from = 0; from < all.length; ) {
    let to = from;
    while (to < all.length && all[to]?.value === all[from]?.value) to++;
    const same = to - from;
    for (let at = from; at < to; at++) if (all[at]?.first) ranks += (from + to + 1) / 2;
    ties += same ** 3 - same;
    from = to;
  }
  const [n, m, count] = [a.length, b.length, all.length];
  const variance = ((n * m) / 12) * (count + 1 - ties / (count * (count - 1)));
  return variance > 0 ? (ranks - (n * (n + 1)) / 2 - (n * m) / 2) / Math.sqrt(variance) : 0;
}

/** As their documentation sets them. */
export const DOCUMENTED: readonly Rule[] = [flagger(60, 0.99, 5), argo(300, 0.95, 3), kayenta(900, 2.326, 1)];

const LEAST = [0.999, 0.995, 0.99, 0.98, 0.97, 0.95, 0.9, 0.8];
const LIMITS = [0, 1, 2, 3, 5, 10];

/** Every setting among which the best is looked for. */
export const TUNABLE: readonly Rule[] = [
  ...[30, 60].flatMap((interval) =>
    LEAST.flatMap((least) => LIMITS.map((limit) => flagger(interval, least, limit + 1))),
  ),
  ...[60, 300].flatMap((interval) => LEAST.flatMap((least) => LIMITS.map((limit) => argo(interval, least, limit)))),
  ...[300, 900].flatMap((interval) =>
    [2.326, 3, 3.7].flatMap((z) => [1, 1.5, 2].map((ratio) => kayenta(interval, z, ratio))),
  ),
];
