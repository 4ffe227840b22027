import { digestOfValue, type Sha256 } from '@tillgate/release';
import { TIMES_WORSE } from './evidence/mixture.ts';
import { sharesBelow } from './evidence/one-sample.ts';
import { type AnalysisPlan, checkPlan, type Metric, PlanError } from './plan.ts';

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

/** Tenants beyond this many, or beyond their part of the state's bytes, are kept together under `OTHERS`, which counts as one. */
export const TENANTS_KEPT = 250;
export const OTHERS = '(others)';

/** A state is never larger than this, as JSON in bytes: it lies in an object that is written at every look. */
export const STATE_LIMIT = 32 * 1024;
/** Most bytes of a number, with what parts it from the next. */
const NUMBER_BYTES = 25;

/** Most bytes of a tenant's entry in the state. */
export const tenantBytes = (tenant: string): number =>
  Buffer.byteLength(JSON.stringify(tenant)) + '[,]:,'.length + 2 * NUMBER_BYTES;

/**
 * Bytes that the tenants of one metric may take, when everything else has its most.
 *
 * @throws PlanError where metrics and cuts alone are too many
 */
export function bytesForTenants({ metrics }: AnalysisPlan): number {
  const fixed = metrics.reduce((sum, metric) => {
    const { fail, pass, candidate, stable } = emptyState(metric);
    const numbers = fail.length + pass.length + candidate.bad.length + stable.bad.length + 6;
    return sum + 200 + Buffer.byteLength(JSON.stringify(metric.name)) + numbers * NUMBER_BYTES;
  }, 400);
  const each = Math.floor((STATE_LIMIT - fixed) / metrics.length);
  if (each >= 2 * tenantBytes(OTHERS)) return each;
  throw new PlanError(
    `${metrics.length} metrics with all their cuts would need ${fixed} bytes of state, at most ${STATE_LIMIT} are kept. Watch fewer.`,
  );
}

/**
 * The state before anything was seen.
 *
 * @param from ms since the epoch: windows from here on count
 * @throws PlanError
 */
export function beginAnalysis(plan: AnalysisPlan, from: number): AnalysisState {
  checkPlan(plan);
  bytesForTenants(plan);
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
