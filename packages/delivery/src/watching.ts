import { analysisOf, PlanError, type Words } from '@tillgate/analysis';
import type { AnalysisPolicy, DeliveryPolicy } from '@tillgate/policy';
import { parseDuration } from '@tillgate/release';
import type { CanaryInput } from './strategies/canary.ts';

/**
 * What is watched on the way of one release, from what the policy says of evidence and of delivery.
 *
 * @param words what stands for `$candidate`, `$stable`, `$environment` and others in queries
 * @throws PlanError where nothing would be watched, or settings make no sense together
 */
export function watchingOf(
  analysis: AnalysisPolicy,
  delivery: Pick<DeliveryPolicy, 'mostRestarts' | 'readyWithin' | 'steps'>,
  words: Words,
): CanaryInput['watching'] {
  if (analysis.metrics.length === 0) {
    throw new PlanError(
      'The policy names no metric, so nobody would see a bad release. Write analysis.metrics, or extend a preset that has some.',
    );
  }
  const { plan, readings, jobs, timing } = analysisOf(
    analysis,
    words,
    delivery.steps.some(({ sessions }) => sessions > 0),
  );
  return {
    analysis: plan,
    readings,
    jobs,
    timing,
    warmUpMs: parseDuration(analysis.warmUp),
    mostRestarts: delivery.mostRestarts,
    readyWithinMs: parseDuration(delivery.readyWithin),
  };
}
