import { argoRule, flaggerRule } from './rules.ts';
import { type Counters, successRate } from './success-rate.ts';
import { LAG, SCRAPE, SCRAPES, seenAt, type Trace } from './traces.ts';

/** A rule with its settings: when it aborts, in seconds, or never. */
export interface Rule {
  name: string;
  settings: string;
  abortsAt(trace: Trace): number | undefined;
}

/** End of a trace, seconds. */
const END = SCRAPES * SCRAPE;

/** Flagger's rule (rules.ts) on an hour with the weight as it is: its metric looks back over a window. */
export function flagger(interval: number, least: number, threshold: number, window = 60): Rule {
  const settings = { interval, least, threshold };
  return {
    name: 'Flagger',
    settings: `${interval} s, ${least * 100} %, threshold ${threshold}, metric of ${window} s`,
    abortsAt: (trace) => flaggerRule(askedOf(trace, window), settings, 0, END),
  };
}

/** Argo Rollouts' rule on the same: its metric looks back over one interval. */
export function argo(interval: number, least: number, failureLimit: number, initialDelay = 0): Rule {
  const settings = { interval, least, failureLimit, initialDelay };
  return {
    name: 'Argo Rollouts',
    settings: `${interval} s, ${least * 100} %, failureLimit ${failureLimit}, initialDelay ${initialDelay} s`,
    abortsAt: (trace) => argoRule(askedOf(trace, interval), settings, 0, END),
  };
}

/** What is asked at the same time over the same window is the same for all settings, so it is computed once a trace. */
const answers = new WeakMap<Trace, { counters: Counters; of: Map<number, Float64Array> }>();
/** All rules ask at multiples of this many seconds. */
const GRID = 5;
const [NOT_ASKED, EMPTY] = [-1, -2];

function askedOf(trace: Trace, window: number): (at: number) => number | undefined {
  const own = answers.get(trace) ?? { counters: countersOf(trace), of: new Map<number, Float64Array>() };
  answers.set(trace, own);
  const known = own.of.get(window) ?? new Float64Array(END / GRID + 1).fill(NOT_ASKED);
  own.of.set(window, known);
  return (at) => {
    const index = at / GRID;
    if (known[index] === NOT_ASKED) known[index] = successRate(own.counters, at, window) ?? EMPTY;
    const share = known[index];
    return share === EMPTY ? undefined : share;
  };
}

/** The candidate's counters without the scrapes that were lost. Both series are there from the start: an earlier release had them. */
function countersOf({ cell, candidate, lost }: Trace): Counters {
  const scrapes = Array.from(lost, (_, index) => index).filter((index) => !lost[index]);
  return {
    at: scrapes.map((index) => index * SCRAPE),
    good: scrapes.map((index) => (candidate.total[index] as number) - (candidate.bad[index] as number)),
    bad: scrapes.map((index) => candidate.bad[index] as number),
    lag: cell.scenario === 'lag' ? LAG : 0,
  };
}

/** Like Kayenta's judge: Mann-Whitney over points of a minute since the start, and an effect size, once an interval. */
function kayenta(interval: number, z: number, leastRatio: number): Rule {
  return {
    name: 'Kayenta-like',
    settings: `${interval} s, z ${z}, ratio ${leastRatio}`,
    abortsAt(trace) {
      for (let at = interval; at <= END; at += interval) {
        const judged = judgedAt(trace, at);
        if (judged && judged.ratio > leastRatio && judged.z > z) return at;
      }
      return undefined;
    },
  };
}

interface Judged {
  ratio: number;
  z: number;
}
const judgements = new WeakMap<Trace, Map<number, Judged | undefined>>();

function judgedAt(trace: Trace, at: number): Judged | undefined {
  const known = judgements.get(trace) ?? new Map<number, Judged | undefined>();
  judgements.set(trace, known);
  if (!known.has(at)) known.set(at, judge(trace, at));
  return known.get(at);
}

function judge(trace: Trace, at: number): Judged | undefined {
  const ours = points(trace, 'candidate', at);
  const theirs = points(trace, 'stable', at);
  // Half of the points without data, and nothing is judged.
  if (ours.length < at / 120 || theirs.length < at / 120) return undefined;
  const ratio = mean(ours) / mean(theirs);
  return ratio > 1 ? { ratio, z: mannWhitney(ours, theirs) } : { ratio, z: 0 };
}

const cache = new WeakMap<Trace, { candidate: number[]; stable: number[] }>();
function points(trace: Trace, arm: 'candidate' | 'stable', until: number): number[] {
  let own = cache.get(trace);
  if (!own) {
    own = { candidate: [], stable: [] };
    for (let minute = 60; minute <= END; minute += 60) {
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
const LIMITS = [0, 1, 2, 3, 5, 7, 10, 15, 20];
/** Who tunes an analysis lets it begin when there is something to measure. */
const DELAY = 60;

/** Every setting among which the best is looked for. */
export const TUNABLE: readonly Rule[] = [
  ...[15, 30, 60].flatMap((interval) =>
    [60, 300].flatMap((window) =>
      LEAST.flatMap((least) => LIMITS.map((limit) => flagger(interval, least, limit + 1, window))),
    ),
  ),
  ...[30, 60, 120, 300].flatMap((interval) =>
    LEAST.flatMap((least) => LIMITS.map((limit) => argo(interval, least, limit, DELAY))),
  ),
  ...[120, 300, 600, 900].flatMap((interval) =>
    [2.326, 3, 3.7, 4.5].flatMap((z) => [1, 1.5, 2, 3].map((ratio) => kayenta(interval, z, ratio))),
  ),
];
