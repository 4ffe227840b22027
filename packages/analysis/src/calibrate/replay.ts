import { decide } from '../decide.ts';
import { type AnalysisPlan, alphaOf, type Metric } from '../plan.ts';
import { beginAnalysis } from '../state.ts';
import { type CountWindow, fold, type Stratum } from '../step.ts';
import { binomial } from './chance.ts';

/** How a run ended. */
export interface Ending {
  outcome: 'pass' | 'fail' | 'inconclusive';
  /** Milliseconds from the start to the end of the window with which it failed. */
  failedAfter?: number;
  /** What it failed by. */
  metric?: string;
}

/** What the plan would have said of these windows. */
export function replay(plan: AnalysisPlan, windows: readonly CountWindow[], start: number): Ending {
  const state = fold(plan, beginAnalysis(plan, start), windows);
  const { outcome } = decide(plan, state);
  const failures = Object.entries(state.metrics)
    .flatMap(([metric, { failed }]) => (failed ? [{ metric, failedAfter: failed.at - start }] : []))
    .sort((a, b) => a.failedAfter - b.failedAfter);
  return { outcome, ...failures[0] };
}

/** The plan with one metric only, which spends no more of alpha than it does among the others. */
export const alone = (plan: AnalysisPlan, metric: Metric): AnalysisPlan => ({
  ...plan,
  metrics: [metric],
  alpha: alphaOf(plan, metric),
});

/**
 * The same windows with a candidate that is worse: of what was good, each one is bad with the chance `more`; where fewer
 * are the harm, each one is missing with that chance.
 */
export function worsen(
  windows: readonly CountWindow[],
  { name, worse = 'higher' }: Metric,
  more: number,
  uniform: () => number,
): CountWindow[] {
  const worsened = (stratum: Stratum): Stratum => {
    const { total, bad } = stratum.candidate;
    const change = (count: number) =>
      worse === 'higher'
        ? count + binomial(uniform, Math.max(0, total - count), more)
        : count - binomial(uniform, count, more);
    return { ...stratum, candidate: { total, bad: bad.map(change) } };
  };
  return windows.map((window) => ({
    ...window,
    metrics: { ...window.metrics, [name]: (window.metrics[name] ?? []).map(worsened) },
  }));
}
