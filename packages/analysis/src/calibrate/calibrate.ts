import type { Fault } from '../decide.ts';
import { foldSeries, type Read } from '../fold/fold-series.ts';
import type { Series } from '../fold/series.ts';
import type { AnalysisPlan } from '../plan.ts';
import type { Analysis } from '../settings.ts';
import type { CountWindow } from '../step.ts';
import { type Estimate, estimate, quantile, uniformOf } from './chance.ts';
import { phiBetween } from './phi.ts';
import { alone, type Ending, replay, worsen } from './replay.ts';
import { chooseHalf, splitReads, trafficBy } from './split.ts';

/** What was scraped around one start time. */
export interface Stretch {
  /** ms since the epoch. */
  start: number;
  reads: readonly Read[];
  up: readonly Series[];
  faults: readonly Fault[];
}

export interface CalibrationOptions {
  /** How long a release would be watched, ms. */
  watch: number;
  /** Label whose values are split at random: replicas, or tenants. */
  split: string;
  /** Part of the traffic that the candidate has, 0 to 1. */
  share: number;
  /** How often each start time is split anew. */
  splits: number;
  /** Chances with which a good one of a bad candidate is bad. */
  effects: readonly number[];
  seed: number;
}

/** How often good releases would have been failed, passed and held. */
export interface Alarms {
  starts: number;
  runs: number;
  failed: Estimate;
  passed: number;
  held: number;
  /** Failed runs by the metric that failed first. */
  by: Record<string, number>;
}

/** How soon a metric would have found a candidate that is worse. */
export interface Detection {
  metric: string;
  /** Of its good ones so many more were bad. */
  more: number;
  runs: number;
  found: Estimate;
  /** Seconds; Infinity where less than half, or nine tenths, were found. */
  median: number;
  p90: number;
  /** Seconds of each run, rising; Infinity where it was not found. */
  seconds: number[];
}

/** What settings do: to good releases, and to bad ones. */
export interface Judged {
  alarms: Alarms;
  detections: Detection[];
}

/** What the past says of settings. */
export interface Calibration {
  asSet: Judged;
  /** Bursts as measured in the first half of the past, by metric; nothing where too little bad happened. */
  phi: Record<string, number | undefined>;
  /** With these, over the second half: nothing that was measured is judged by itself. */
  measured: Judged | undefined;
  /** Mean part of the traffic that the candidate's half really had. */
  share: number;
  /** Start times that told nothing, and why. */
  blank: { start: number; because: string }[];
}

/** One start time and one split of it. */
interface Run {
  start: number;
  windows: CountWindow[];
}

/**
 * Runs settings over a past in which nothing was compared (A/A): at each start time the replicas are split at random into a candidate and a
 * stable version that do not differ. Every run that fails is a false alarm. Then the candidate is made worse, metric by
 * metric, and the time until it fails is taken.
 *
 * @throws SplitError a past that cannot be split
 */
export async function calibrate(
  { plan, timing }: Pick<Analysis, 'plan' | 'timing'>,
  past: AsyncIterable<Stretch> | Iterable<Stretch>,
  options: CalibrationOptions,
): Promise<Calibration> {
  const uniform = uniformOf(options.seed);
  const runs: Run[] = [];
  const blank: Calibration['blank'] = [];
  const shares: number[] = [];
  for await (const { start, reads, up, faults } of past) {
    const because = faults[0] ? `${faults[0].metric}: ${faults[0].message}` : undefined;
    if (because !== undefined || reads.length === 0) {
      blank.push({ start, because: because ?? 'nothing was read' });
      continue;
    }
    const traffic = trafficBy(reads, options.split);
    const all = [...traffic.values()].reduce((a, b) => a + b, 0);
    for (let turn = 0; turn < options.splits; turn++) {
      const half = chooseHalf(traffic, options.share, uniform);
      const now = start + options.watch + timing.settle;
      const split = splitReads(reads, options.split, half);
      const folded = foldSeries(split, start, now, { ...timing, span: options.watch }, [], up);
      if (folded.faults[0]) {
        blank.push({ start, because: `${folded.faults[0].metric}: ${folded.faults[0].message}` });
        break;
      }
      if (!folded.windows.some(isSeen)) {
        blank.push({ start, because: 'the candidate had no traffic in it' });
        break;
      }
      runs.push({ start, windows: folded.windows });
      shares.push([...half].reduce((sum, value) => sum + (traffic.get(value) as number), 0) / Math.max(1, all));
    }
  }
  const starts = [...new Set(runs.map(({ start }) => start))].sort((a, b) => a - b);
  const middle = starts[starts.length >> 1] ?? 0;
  const phi = measure(
    plan,
    runs.filter(({ start }) => start < middle),
  );
  const later = runs.filter(({ start }) => start >= middle);
  const isMeasured = Object.values(phi).some((each) => each !== undefined);
  const judged = (settings: AnalysisPlan, over: readonly Run[]): Judged => ({
    alarms: alarmsOf(settings, over),
    detections: detectionsOf(settings, over, options, timing.settle, uniform),
  });
  return {
    asSet: judged(plan, runs),
    phi,
    measured: isMeasured ? judged(withPhi(plan, phi), later) : undefined,
    share: shares.reduce((a, b) => a + b, 0) / Math.max(1, shares.length),
    blank,
  };
}

/** Whether anything of the candidate was counted in a window. */
const isSeen = ({ metrics }: CountWindow) =>
  Object.values(metrics).some((strata) => strata.some(({ candidate }) => candidate.total > 0));

function measure(plan: AnalysisPlan, runs: readonly Run[]): Calibration['phi'] {
  const windows = runs.map((run) => run.windows);
  return Object.fromEntries(
    plan.metrics.map(({ name, cuts }) => {
      const all = (cuts ?? ['']).map((_, cut) => phiBetween(windows, name, cut)).filter((each) => each !== undefined);
      // Rounded up: a little too large only costs time.
      return [name, all.length > 0 ? Math.ceil(Math.max(...all) * 100) / 100 : undefined];
    }),
  );
}

const withPhi = (plan: AnalysisPlan, phi: Calibration['phi']): AnalysisPlan => ({
  ...plan,
  metrics: plan.metrics.map((metric) => ({ ...metric, phi: phi[metric.name] ?? metric.phi })),
});

function alarmsOf(plan: AnalysisPlan, runs: readonly Run[]): Alarms {
  const endings = runs.map(({ windows, start }) => replay(plan, windows, start));
  const share = (outcome: Ending['outcome']) =>
    endings.filter((ending) => ending.outcome === outcome).length / Math.max(1, endings.length);
  const failed = endings.filter(({ outcome }) => outcome === 'fail');
  const starts = new Set(runs.map(({ start }) => start)).size;
  return {
    starts,
    runs: runs.length,
    // Splits of the same hour are not independent, so each start time is one trial.
    failed: estimate(share('fail'), starts),
    passed: share('pass'),
    held: share('inconclusive'),
    by: Object.fromEntries([...Map.groupBy(failed, ({ metric = '' }) => metric)].map(([by, all]) => [by, all.length])),
  };
}

/** Of each start time one split, each metric alone: what another metric says by chance is no detection. */
function detectionsOf(
  plan: AnalysisPlan,
  runs: readonly Run[],
  { effects }: CalibrationOptions,
  settle: number,
  uniform: () => number,
): Detection[] {
  const once = [...Map.groupBy(runs, ({ start }) => start).values()].map(([first]) => first as Run);
  return plan.metrics.flatMap((metric) =>
    effects.map((more) => {
      const own = alone(plan, metric);
      const seconds = once
        .map(({ windows, start }) => replay(own, worsen(windows, metric, more, uniform), start).failedAfter)
        .map((after) => (after === undefined ? Number.POSITIVE_INFINITY : (after + settle) / 1000))
        .sort((a, b) => a - b);
      const found = seconds.filter(Number.isFinite).length / Math.max(1, seconds.length);
      return {
        metric: metric.name,
        more,
        runs: seconds.length,
        found: estimate(found, seconds.length),
        median: quantile(seconds, 0.5),
        p90: quantile(seconds, 0.9),
        seconds,
      };
    }),
  );
}
