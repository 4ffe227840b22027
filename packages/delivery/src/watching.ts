import { type AnalysisPlan, analysisOf, type Metric, type Reading, type Words } from '@tillgate/analysis';
import type { AnalysisPolicy, DeliveryPolicy } from '@tillgate/policy';
import { parseDuration } from '@tillgate/release';
import type { Watch, Watching } from './plan.ts';

/**
 * What is watched on the way of one release, from what the policy says of evidence and of delivery.
 *
 * @param words what stands for `$candidate`, `$stable`, `$environment` and others in queries
 * @returns null where the policy names no metric: nothing is watched, and no step can wait for the analysis
 * @throws PlanError for settings that make no sense together
 */
export function watchingOf(
  analysis: AnalysisPolicy,
  delivery: Pick<DeliveryPolicy, 'mostRestarts' | 'readyWithin'>,
  words: Words,
): Watching | null {
  if (analysis.metrics.length === 0) return null;
  const { plan, readings, timing } = analysisOf(analysis, words);
  return {
    beside: { analysis: plan, readings },
    after: limitsOf(plan, readings),
    timing,
    warmUpMs: parseDuration(analysis.warmUp),
    mostRestarts: delivery.mostRestarts,
    readyWithinMs: parseDuration(delivery.readyWithin),
  };
}

/**
 * After promotion there is no stable version to compare with. What is left are limits: those that the policy
 * tolerates (`atMost`), and those that a release had to be shown to be below (`pass`). A metric that is only
 * compared has none and is not watched then.
 */
function limitsOf(plan: AnalysisPlan, readings: readonly Reading[]): Watch | null {
  const metrics = plan.metrics.flatMap((metric) => limitOf(metric));
  if (metrics.length === 0) return null;
  const minimum = { seconds: 0, tenants: 0, sessions: 0 };
  return {
    analysis: { ...plan, metrics, minimum },
    readings: metrics.flatMap(({ name, cuts }) =>
      readings.filter(({ metric }) => metric === name).map((reading) => onlyCuts(reading, cuts)),
    ),
  };
}

function limitOf({ pass, test, cuts, ...metric }: Metric): Metric[] {
  if (test.by === 'limit') return [{ ...metric, test, ...(cuts && { cuts }) }];
  if (!pass) return [];
  const cut = cuts?.[pass.cut ?? 0];
  return [{ ...metric, test: { by: 'limit', share: pass.below }, ...(cut !== undefined && { cuts: [cut] }) }];
}

/** Of a histogram, the bounds that are still judged. Cuts are named `0.5 s` after their bound. */
function onlyCuts(reading: Reading, cuts: readonly string[] | undefined): Reading {
  const { counts } = reading;
  if (counts.kind !== 'buckets' || !cuts) return reading;
  return {
    ...reading,
    counts: { ...counts, slowerThan: counts.slowerThan.filter((bound) => cuts.includes(`${bound} s`)) },
  };
}
