import { digestOfValue } from '@tillgate/release';
import { logMeanExp, TIMES_WORSE } from './evidence/mixture.ts';
import { addLimit, sharesAbove, sharesBelow } from './evidence/one-sample.ts';
import { addComparison } from './evidence/two-sample.ts';
import { bandWidth } from './evidence/uniform-band.ts';
import { type AnalysisPlan, alphaOf, type Metric } from './plan.ts';
import {
  type AnalysisState,
  bytesForTenants,
  type MetricState,
  OTHERS,
  type Tally,
  TENANTS_KEPT,
  tenantBytes,
} from './state.ts';

/** What both versions did for one tenant at one group of endpoints within a window. Like is compared with like only. */
export interface Stratum {
  tenant: string;
  endpoint: string;
  candidate: Tally;
  stable: Tally;
}

/** A closed span of time and what was counted in it. */
export interface CountWindow {
  /** Exclusive, ms since the epoch. */
  from: number;
  /** Inclusive. */
  to: number;
  /** Strata by metric. */
  metrics: Readonly<Record<string, readonly Stratum[]>>;
  /** Sessions that the candidate served, where they are counted. */
  sessions?: number;
}

const TIMES_FEWER = TIMES_WORSE.map((times) => 1 / times);

/**
 * Folds windows into the state, each once and in order: one that begins before the cursor is refused, because
 * evidence that counts twice is no evidence. The state given is left as it was.
 *
 * @throws RangeError a window that is out of order, of another plan, or that holds impossible counts
 */
export function fold(plan: AnalysisPlan, before: AnalysisState, windows: readonly CountWindow[]): AnalysisState {
  if (before.plan !== digestOfValue(plan)) {
    throw new RangeError(
      'This state belongs to another plan: evidence gathered under one cannot be judged by another.',
    );
  }
  const state = structuredClone(before);
  const room = bytesForTenants(plan);
  for (const window of windows) foldOne(plan, state, window, room);
  return state;
}

function foldOne(plan: AnalysisPlan, state: AnalysisState, window: CountWindow, room: number): void {
  if (window.from < state.cursor || !(window.to > window.from)) {
    const [from, to, cursor] = [window.from, window.to, state.cursor].map((at) => new Date(at).toISOString());
    throw new RangeError(`The window ${from} to ${to} does not follow ${cursor}, up to which is folded already.`);
  }
  let compared = false;
  for (const metric of plan.metrics) {
    const strata = window.metrics[metric.name] ?? [];
    const own = state.metrics[metric.name] as MetricState;
    for (const stratum of strata) {
      checkStratum(metric, stratum);
      addStratum(metric, own, stratum, room);
    }
    compared ||= strata.some(({ candidate, stable }) => candidate.total > 0 && stable.total > 0);
    const failed = own.failed ?? failure(plan, metric, own, window, strata);
    if (failed) own.failed = failed;
  }
  if (compared) state.compared += (window.to - window.from) / 1000;
  state.sessions += window.sessions ?? 0;
  state.cursor = window.to;
}

function addStratum(metric: Metric, own: MetricState, { tenant, candidate, stable }: Stratum, room: number): void {
  const { test, phi } = metric;
  const ratios = metric.worse === 'lower' ? TIMES_FEWER : TIMES_WORSE;
  for (let cut = 0; cut < candidate.bad.length && test.by !== 'band'; cut++) {
    const part = own.fail.slice(cut * ratios.length, (cut + 1) * ratios.length);
    const [ofCandidate, ofStable] = [at(candidate, cut), at(stable, cut)];
    if (test.by === 'comparison') addComparison(part, ratios, ofCandidate, ofStable, test.tolerated, phi);
    else addLimit(part, sharesAbove(test.share, ratios), ofCandidate, test.share, phi);
    own.fail.splice(cut * ratios.length, ratios.length, ...part);
  }
  // What the candidate did alone may fail it, but does not let it pass: stable must have been seen beside it.
  if (metric.pass && (stable.total > 0 || test.by === 'limit')) {
    const { below, cut = 0 } = metric.pass;
    addLimit(own.pass, sharesBelow(below), at(candidate, cut), below, phi);
  }
  add(own.candidate, candidate);
  add(own.stable, stable);
  if (candidate.total > 0) {
    const name = Object.hasOwn(own.tenants, tenant) || hasRoom(own, tenant, room) ? tenant : OTHERS;
    const [bad, total] = Object.hasOwn(own.tenants, name) ? (own.tenants[name] as [number, number]) : [0, 0];
    // Not by assignment: a tenant may be called `__proto__`.
    const value: [number, number] = [bad + (candidate.bad[0] as number), total + candidate.total];
    Object.defineProperty(own.tenants, name, { value, enumerable: true, writable: true, configurable: true });
  }
}

/** Whether one more tenant can be kept by name, and the others still together. */
function hasRoom({ tenants }: MetricState, tenant: string, room: number): boolean {
  if (Object.hasOwn(tenants, OTHERS)) return false; // once there was none
  const names = Object.keys(tenants);
  if (names.length >= TENANTS_KEPT) return false;
  const used = names.reduce((bytes, name) => bytes + tenantBytes(name), tenantBytes(OTHERS));
  return used + tenantBytes(tenant) <= room;
}

/** Whether the metric fails with this window, and by what. */
function failure(
  plan: AnalysisPlan,
  metric: Metric,
  own: MetricState,
  { to }: CountWindow,
  strata: readonly Stratum[],
): MetricState['failed'] {
  const { floor } = metric;
  const bad = strata.reduce((sum, { candidate }) => sum + (candidate.bad[0] as number), 0);
  const total = strata.reduce((sum, { candidate }) => sum + candidate.total, 0);
  if (floor && total >= floor.total && bad > floor.share * total) return { at: to, why: 'floor', bad, total };
  return failEvidence(plan, metric, own) >= 0 ? { at: to, why: 'evidence', bad, total } : undefined;
}

/**
 * How far the evidence against a metric lies above its bound; at 0 and above it fails. In units of ln E, or of
 * shares for a band.
 */
export function failEvidence(plan: AnalysisPlan, metric: Metric, own: MetricState): number {
  const alpha = alphaOf(plan, metric);
  if (metric.test.by !== 'band') return logMeanExp(own.fail) + Math.log(alpha);
  const { candidate, stable } = own;
  if (candidate.total === 0 || stable.total === 0) return Number.NEGATIVE_INFINITY;
  const width = (total: number) => bandWidth(total / metric.phi, alpha / 2);
  const gap = Math.max(
    ...candidate.bad.map((slow, cut) => slow / candidate.total - (stable.bad[cut] as number) / stable.total),
  );
  return gap - metric.test.tolerated - width(candidate.total) - width(stable.total);
}

/** How far the evidence for a metric lies above its bound, in ln E; undefined where the metric cannot pass. */
export function passEvidence(plan: AnalysisPlan, own: MetricState): number | undefined {
  return own.pass.length > 0 ? logMeanExp(own.pass) + Math.log(plan.beta) : undefined;
}

const at = ({ total, bad }: Tally, cut: number) => ({ total, bad: bad[cut] as number });

function add(to: Tally, tally: Tally): void {
  to.total += tally.total;
  for (let cut = 0; cut < to.bad.length; cut++) to.bad[cut] = (to.bad[cut] as number) + (tally.bad[cut] as number);
}

function checkStratum(metric: Metric, { candidate, stable, tenant }: Stratum): void {
  const width = metric.cuts?.length ?? 1;
  for (const { total, bad } of [candidate, stable]) {
    const sound = [total, ...bad].every((count) => Number.isFinite(count) && count >= 0) && bad.length === width;
    // Events per exposure may well be more than one each; a share cannot.
    const whole = metric.test.by === 'comparison' && !metric.pass ? true : bad.every((count) => count <= total);
    if (sound && whole) continue;
    throw new RangeError(
      `Metric "${metric.name}", tenant "${tenant}": ${bad.join(', ')} of ${total} is impossible as a count at ${width} cut(s).`,
    );
  }
}
