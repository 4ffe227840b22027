import { alphaOf, failEvidence, passEvidence } from '@tillgate/analysis';
import type { Plan } from '../plan.ts';
import type { Evidence, Status } from '../status.ts';

/** The numbers that an analysis has come to, one line a metric. */
export function evidenceOf(plan: Plan, { evidence }: Status, watched: 'beside' | 'after'): Evidence[] {
  const [watch, state] = [plan.watching?.[watched], evidence[watched]];
  if (!watch || !state) return [];
  return watch.analysis.metrics.flatMap((metric) => {
    const own = state.metrics[metric.name];
    if (!own) return [];
    const bound = -Math.log(alphaOf(watch.analysis, metric));
    const margin = failEvidence(watch.analysis, metric, own);
    // A band's margin is one of shares, not of likelihoods: it is left out rather than mistaken for one.
    const worse = metric.test.by === 'band' || !Number.isFinite(margin) ? null : margin + bound;
    const good = passEvidence(watch.analysis, own) ?? null;
    return [
      { metric: metric.name, candidate: firstCut(own.candidate), stable: firstCut(own.stable), worse, bound, good },
    ];
  });
}

const firstCut = ({ bad, total }: { bad: readonly number[]; total: number }): [number, number] => [bad[0] ?? 0, total];
