import type { AnalysisPlan, Metric } from './plan.ts';
import type { AnalysisState, MetricState } from './state.ts';
import { passEvidence } from './step.ts';
import { tellMetric } from './tell.ts';

/** What is read of the world besides counts and decides at once: crash loops, pods that are not ready. */
export interface Floor {
  /** What was looked at, for people: `pods of the candidate in a crash loop`. */
  what: string;
  /** What was seen; nothing where it could not be known. */
  seen: number | undefined;
  /** More than this fails. */
  most: number;
}

/** What stands in the way of knowing: no series, a label that is gone, a page instead of an answer. */
export interface Fault {
  metric: string;
  query: string;
  /** What came back, and what to do. */
  message: string;
}

/** The answer of an analysis at a moment. Only `pass` may advance a release; `inconclusive` holds it. */
export interface Decision {
  outcome: 'pass' | 'fail' | 'inconclusive';
  /** Why, most important first: each line names metric, window and numbers. */
  reasons: string[];
  /** All metrics, whatever they say. */
  metrics: { name: string; outcome: Decision['outcome'] | 'quiet'; text: string }[];
}

/**
 * Decides on what has been folded so far; it may be asked at any time and as often as one likes.
 *
 * Fail: any floor or any metric failed. Pass: nothing failed, nothing was unreadable, at least one metric can
 * pass and each that can has enough evidence of its own, and the minima of time, tenants and sessions are
 * reached. Everything else is inconclusive.
 */
export function decide(
  plan: AnalysisPlan,
  state: AnalysisState,
  { floors = [], faults = [] }: { floors?: readonly Floor[]; faults?: readonly Fault[] } = {},
): Decision {
  const metrics = plan.metrics.map((metric) => {
    const own = state.metrics[metric.name] as MetricState;
    const outcome = outcomeOf(plan, metric, own);
    return { name: metric.name, outcome, text: tellMetric(plan, metric, own, state) };
  });
  const broken = floors.filter(({ seen, most }) => seen !== undefined && seen > most);
  const failed = metrics.filter(({ outcome }) => outcome === 'fail');
  if (broken.length + failed.length > 0) {
    const reasons = [
      ...broken.map(({ what, seen, most }) => `${what}: ${seen}, at most ${most} allowed. This decides at once.`),
      ...failed.map(({ text }) => text),
    ];
    return { outcome: 'fail', reasons, metrics };
  }
  const lacking = [
    ...faults.map(({ metric, query, message }) => `${metric}: ${message} Query: ${query}`),
    ...floors.filter(({ seen }) => seen === undefined).map(({ what }) => `${what}: could not be known.`),
    ...metrics.filter(({ outcome }) => outcome === 'inconclusive').map(({ text }) => text),
    ...minima(plan, state),
  ];
  if (!plan.metrics.some(({ pass }) => pass)) {
    lacking.push(
      'No metric of this plan has a limit that it could be shown to stay below, so it can fail but not pass.',
    );
  }
  if (lacking.length > 0) return { outcome: 'inconclusive', reasons: lacking, metrics };
  return { outcome: 'pass', reasons: metrics.map(({ text }) => text), metrics };
}

/** `quiet`: it can only fail, and has seen traffic of both versions without failing. */
function outcomeOf(plan: AnalysisPlan, metric: Metric, own: MetricState): Decision['outcome'] | 'quiet' {
  if (own.failed) return 'fail';
  const seen = own.candidate.total > 0 && (own.stable.total > 0 || metric.test.by === 'limit');
  if (!seen) return 'inconclusive';
  const evidence = passEvidence(plan, own);
  if (evidence === undefined) return 'quiet';
  return evidence >= 0 ? 'pass' : 'inconclusive';
}

function minima({ metrics, minimum }: AnalysisPlan, state: AnalysisState): string[] {
  const tenants = Math.max(0, ...metrics.map(({ name }) => Object.keys(state.metrics[name]?.tenants ?? {}).length));
  const have = { seconds: state.compared, tenants, sessions: state.sessions };
  const words = {
    seconds: 'seconds of comparison',
    tenants: 'tenants on the candidate',
    sessions: 'sessions on the candidate',
  };
  return (Object.keys(words) as (keyof typeof words)[])
    .filter((what) => have[what] < minimum[what])
    .map((what) => `${words[what]}: ${have[what]} of ${minimum[what]} that a pass needs.`);
}
