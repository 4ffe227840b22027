import { digestOfValue, type Sha256 } from '@tillgate/release';
import { TIMES_WORSE } from './evidence/mixture.ts';
import { sharesBelow } from './evidence/one-sample.ts';
import { type AnalysisPlan, checkPlan, type Metric } from './plan.ts';

/** So many of so many were bad, at each cut. */
export interface Tally {
  total: number;
  bad: number[];
}

/** What one metric has shown so far. */
export interface MetricState {
  /** ln E of each alternative "it is worse", cut by cut. */
  fail: number[];
  /** ln E of each alternative "it is below the limit". Empty where the metric cannot pass. */
  pass: number[];
  candidate: Tally;
  stable: Tally;
  /** Of each tenant what the candidate did: [bad at the first cut, total]. */
  tenants: Record<string, [bad: number, total: number]>;
  /** When it failed first; that is not taken back. */
  failed?: { at: number; why: 'evidence' | 'floor'; bad: number; total: number };
}

/**
 * All that a later look needs: plain JSON, to be written together with its cursor in one step. It grows with
 * the number of metrics and tenants, not with time.
 */
export interface AnalysisState {
  schema: 1;
  /** The plan it belongs to; no other may go on with it. */
  plan: Sha256;
  /** End of the last window that was folded, ms since the epoch. */
  cursor: number;
  /** Where folding began. */
  since: number;
  /** Seconds in which both versions had traffic. */
  compared: number;
  /** Sessions of the candidate. */
  sessions: number;
  metrics: Record<string, MetricState>;
}

/** Tenants beyond this many are kept together under `OTHERS`, which counts as one. */
export const TENANTS_KEPT = 250;
export const OTHERS = '(others)';

/**
 * The state before anything was seen.
 *
 * @param from ms since the epoch: windows from here on count
 * @throws PlanError
 */
export function beginAnalysis(plan: AnalysisPlan, from: number): AnalysisState {
  checkPlan(plan);
  const metrics = Object.fromEntries(plan.metrics.map((metric) => [metric.name, emptyState(metric)]));
  return { schema: 1, plan: digestOfValue(plan), cursor: from, since: from, compared: 0, sessions: 0, metrics };
}

function emptyState({ cuts, pass, test }: Metric): MetricState {
  const width = cuts?.length ?? 1;
  const zeros = (count: number) => new Array<number>(count).fill(0);
  return {
    fail: zeros(test.by === 'band' ? 0 : width * TIMES_WORSE.length),
    pass: pass ? zeros(sharesBelow(pass.below).length) : [],
    candidate: { total: 0, bad: zeros(width) },
    stable: { total: 0, bad: zeros(width) },
    tenants: {},
  };
}
