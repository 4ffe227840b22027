import type { AnalysisPlan } from '@tillgate/analysis';
import { likelihood, reachedAt, thresholdOf, waldSeconds } from './bound.ts';
import { quantile } from './estimates.ts';
import { judge, planOf } from './ours.ts';
import { DOCUMENTED, type Rule, TUNABLE } from './rivals.ts';
import { type Cell, SCENARIOS, SCRAPE, SCRAPES, type Scenario, type Trace, traceOf } from './traces.ts';

/** All cells of one rate and one base rate: rivals are tuned for them together. */
export interface Job {
  rate: number;
  base: number;
  /** Every effect in every scenario, not only in plain traffic. */
  crossed: boolean;
  /** Traces a cell. */
  traces: number;
}

/** What a rule did in the traces of a cell. */
export interface Result {
  rule: string;
  delays: Float64Array;
  /** Bad requests of the candidate until the abort, in the mean. */
  badServed: number;
  /** Share that was neither passed nor failed. */
  inconclusive?: number;
}

/** What came of one cell. */
export interface CellResult {
  cell: Cell;
  phi: number;
  results: Result[];
  /** Medians, seconds: ours; the best of the tuned rivals; the best rival that is chosen for this very cell, of those that are quiet in its scenario; ours with the alpha that is tuned like a rival. */
  ours: number;
  tuned: number;
  hindsight: number;
  oursTuned: number;
  /** The best there could be: who knows how much worse it is, and what noise comes. */
  knowing: number;
  /** Wald's bound on the mean, in plain traffic. */
  wald?: number;
  passesWithoutEvidence: number;
}

/** False alarms that a tuned rule may raise, of all null traces of each scenario. */
const ALLOWED = 0.01;
/** Values of alpha that are tried where ours is tuned as rivals are: by false alarms seen, without a guarantee. */
const ALPHAS = [0.05, 0.03, 0.02, 0.01];

const INFINITE = Number.POSITIVE_INFINITY;

/** What is kept of a cell once its traces are gone. */
interface Seen {
  cell: Cell;
  /** By rule. */
  delays: Map<Rule, Float64Array>;
  bad: Uint32Array[];
}

/** The same with what needs no other cell to be known. */
type Watched = Seen & Omit<CellResult, 'results' | 'ours' | 'tuned' | 'wald'> & { ours: Result };

/** Simulates all cells of a job, tunes the rivals on them and judges. */
export function runJob(job: Job, say: (progress: string) => void): CellResult[] {
  const nulls = SCENARIOS.map((scenario): Cell => ({ rate: job.rate, base: job.base, scenario, effect: 1 }));
  let everywhere: readonly Rule[] = TUNABLE;
  let alphas: readonly number[] = ALPHAS;
  const done: Watched[] = [];
  /** Of each scenario: the rules that raise no more false alarms in it than allowed. */
  const quietIn = new Map<Scenario, readonly Rule[]>();
  /** Of each scenario and effect: what the likelihood reaches in as few good releases. */
  const thresholds = new Map<string, number>();

  for (const cell of nulls) {
    say(`${job.rate} rps, base ${job.base * 100} %, ${cell.scenario}: no worse`);
    const traces = tracesOf(job, cell, 1);
    const quiet = TUNABLE.filter((rule) => isQuiet(traces, (trace) => rule.abortsAt(trace) !== undefined));
    quietIn.set(cell.scenario, quiet);
    everywhere = everywhere.filter((rule) => quiet.includes(rule));
    const plan = planOf(cell);
    alphas = alphas.filter(
      (alpha) =>
        alpha === plan.alpha || isQuiet(traces, (trace) => judge({ ...plan, alpha }, trace).abortsAt !== undefined),
    );
    for (const effect of effectsOf(job, cell)) {
      const threshold = thresholdOf(
        traces.map((trace) => likelihood(trace, effect)),
        ALLOWED,
      );
      thresholds.set(`${cell.scenario} ${effect}`, threshold);
    }
    const seen = watch(cell, traces, [...everywhere, ...DOCUMENTED]);
    const empty = passesWithoutEvidence(plan, traces.slice(0, 100));
    done.push({
      ...seen,
      ours: oursOn(plan, traces),
      phi: phiOf(plan),
      knowing: INFINITE,
      hindsight: INFINITE,
      oursTuned: INFINITE,
      passesWithoutEvidence: empty,
    });
  }
  const alpha = Math.max(...alphas);
  for (const none of nulls) {
    const plan = planOf(none);
    for (const effect of effectsOf(job, none)) {
      const cell = { ...none, effect };
      say(`${job.rate} rps, base ${job.base * 100} %, ${cell.scenario}: ${effect} times worse`);
      const traces = tracesOf(job, cell, 2);
      const threshold = thresholds.get(`${cell.scenario} ${effect}`) as number;
      const knowing = quantile(
        traces.map((trace) => reachedAt(likelihood(trace, effect), threshold, cell)),
        0.5,
      );
      const tuned = alpha === plan.alpha ? undefined : oursOn({ ...plan, alpha }, traces);
      const ours = oursOn(plan, traces);
      const oursTuned = quantile((tuned ?? ours).delays, 0.5);
      const hindsight = soonest(traces, quietIn.get(cell.scenario) ?? []);
      const seen = watch(cell, traces, [...everywhere, ...DOCUMENTED]);
      done.push({ ...seen, ours, phi: phiOf(plan), knowing, hindsight, oursTuned, passesWithoutEvidence: 0 });
    }
  }

  const best = tuned(done, everywhere);
  return done.map(({ delays, bad, ours, ...watched }): CellResult => {
    const { cell } = watched;
    const middle = (rule: Rule) => quantile(delays.get(rule) as Float64Array, 0.5);
    const result = (name: string, rule: Rule) => resultOf(name, delays.get(rule) as Float64Array, bad);
    return {
      ...watched,
      results: [
        ours,
        ...DOCUMENTED.map((rule) => result(`${rule.name}, documented`, rule)),
        ...best.map((rule) => result(`${rule.name}, tuned: ${rule.settings}`, rule)),
      ],
      ours: quantile(ours.delays, 0.5),
      tuned: Math.min(INFINITE, ...best.map(middle)),
      ...(cell.scenario === 'plain' && cell.effect > 1 && { wald: waldSeconds(cell, ALLOWED) }),
    };
  });
}

const effectsOf = ({ crossed }: Job, { scenario }: Cell) => (crossed || scenario === 'plain' ? [3, 10, 100] : [10]);

const tracesOf = ({ traces }: Job, cell: Cell, seed: number): Trace[] =>
  Array.from({ length: traces }, (_, at) => traceOf(cell, seed * 1_000_003 + at * 7));

/** Whether at most the allowed share of traces raises an alarm. */
function isQuiet(traces: readonly Trace[], alarm: (trace: Trace) => boolean): boolean {
  let left = Math.floor(ALLOWED * traces.length);
  return traces.every((trace) => !alarm(trace) || left-- > 0);
}

function watch(cell: Cell, traces: readonly Trace[], rules: readonly Rule[]): Seen {
  const delays = new Map(
    rules.map((rule) => [rule, Float64Array.from(traces, (trace) => rule.abortsAt(trace) ?? INFINITE)]),
  );
  return { cell, delays, bad: traces.map(({ candidate }) => Uint32Array.from(candidate.bad)) };
}

/** Median of the rule that is soonest in these traces. */
function soonest(traces: readonly Trace[], rules: readonly Rule[]): number {
  const medians = rules.map((rule) =>
    quantile(
      traces.map((trace) => rule.abortsAt(trace) ?? INFINITE),
      0.5,
    ),
  );
  return Math.min(INFINITE, ...medians);
}

/**
 * Of each rival the one setting that detects soonest over all cells, of those with allowed false alarms in every
 * scenario: nobody knows beforehand which of them comes, nor how bad a release is.
 */
function tuned(cells: readonly Seen[], everywhere: readonly Rule[]): Rule[] {
  const slowness = (rule: Rule) =>
    cells
      .filter(({ cell }) => cell.effect > 1)
      .reduce(
        (sum, { delays }) => sum + Math.min(2 * SCRAPES * SCRAPE, quantile(delays.get(rule) as Float64Array, 0.5)),
        0,
      );
  return [...Map.groupBy(everywhere, ({ name }) => name).values()].flatMap((own) => {
    const ranked = own.map((rule) => ({ rule, slow: slowness(rule) })).sort((a, b) => a.slow - b.slow);
    return ranked.slice(0, 1).map(({ rule }) => rule);
  });
}

function oursOn(plan: AnalysisPlan, traces: readonly Trace[]): Result {
  const judged = traces.map((trace) => judge(plan, trace));
  const delays = Float64Array.from(judged, ({ abortsAt }) => abortsAt ?? INFINITE);
  const held = judged.filter(({ outcome, abortsAt }) => abortsAt === undefined && outcome() === 'inconclusive').length;
  const bad = traces.map(({ candidate }) => Uint32Array.from(candidate.bad));
  return { rule: 'Tillgate', delays, badServed: served(delays, bad), inconclusive: held / traces.length };
}

function resultOf(rule: string, delays: Float64Array, bad: readonly Uint32Array[]): Result {
  return { rule, delays, badServed: served(delays, bad) };
}

function served(delays: Float64Array, bad: readonly Uint32Array[]): number {
  const all = bad.map((counts, index) => {
    const until = Math.min(SCRAPES, Math.ceil((delays[index] as number) / SCRAPE));
    return counts[until] as number;
  });
  return all.reduce((a, b) => a + b, 0) / all.length;
}

/** Passes where one of the two versions was not seen at all: there must be none. */
function passesWithoutEvidence(plan: AnalysisPlan, traces: readonly Trace[]): number {
  const nothing = new Float64Array(SCRAPES + 1);
  const silent = { total: nothing, bad: nothing };
  const blind = traces.flatMap((trace) => [
    { ...trace, candidate: silent },
    { ...trace, stable: silent },
    { ...trace, candidate: silent, stable: silent },
  ]);
  return blind.filter((trace) => judge(plan, trace).outcome() === 'pass').length;
}

const phiOf = (plan: AnalysisPlan) => plan.metrics[0]?.phi as number;
