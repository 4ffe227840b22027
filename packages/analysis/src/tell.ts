import { instantOf } from '@tillgate/release';
import { logMeanExp } from './evidence/mixture.ts';
import { type AnalysisPlan, alphaOf, type Metric } from './plan.ts';
import type { AnalysisState, MetricState, Tally } from './state.ts';
import { failEvidence, passEvidence } from './step.ts';

/** Names of tenants that are told; the rest is counted. */
const NAMED = 3;

/**
 * What a metric has shown, for people: rates and counts, then tenants, then the window, and the evidence last.
 */
export function tellMetric(plan: AnalysisPlan, metric: Metric, own: MetricState, state: AnalysisState): string {
  const window = `${instantOf(state.since)} to ${instantOf(state.cursor)}`;
  if (own.candidate.total === 0) return `${metric.name}: no ${metric.unit} of the candidate were seen, ${window}.`;
  const cut = worstCut(metric, own);
  const head = `${metric.name}: ${share(own.candidate, cut)} ${metric.unit} ${badAt(metric, cut)} on the candidate`;
  const beside = own.stable.total > 0 ? `, ${share(own.stable, cut)} on stable` : '; none of stable were seen';
  const tenants = metric.worse === 'lower' ? '' : affected(own);
  return `${head}${beside}${tenants}; ${window}. ${tellEvidence(plan, metric, own)}`;
}

function tellEvidence(plan: AnalysisPlan, metric: Metric, own: MetricState): string {
  if (own.failed?.why === 'floor') {
    const { at, bad, total } = own.failed;
    return `Failed at once: in the window up to ${instantOf(at)} ${bad} of ${total}, more than ${percent(metric.floor?.share ?? 0)}.`;
  }
  const against = hypothesis(metric);
  if (metric.test.by === 'band') {
    const margin = failEvidence(plan, metric, own);
    return own.failed
      ? `Failed: the bands around both distributions are apart, so it is not ${against}.`
      : `Not failed: the bands around both distributions still meet (${percent(-margin)} short of being apart).`;
  }
  const bound = 1 / alphaOf(plan, metric);
  const odds = `evidence ${odd(logMeanExp(own.fail))} to 1 against ${against}, bound ${odd(Math.log(bound))}`;
  if (own.failed) return `Failed at ${instantOf(own.failed.at)} (${odds}).`;
  const pass = passEvidence(plan, own);
  if (pass === undefined) return `Not failed (${odds}).`;
  const forIt = `${odd(pass - Math.log(plan.beta))} to 1 that it is below ${percent(metric.pass?.below ?? 0)}, bound ${odd(-Math.log(plan.beta))}`;
  return `${pass >= 0 ? 'Enough' : 'Not enough'} evidence to pass (${forIt}; ${odds}).`;
}

function hypothesis({ test, worse = 'higher' }: Metric): string {
  if (test.by === 'limit') return `"at most ${percent(test.share)}"`;
  if (test.by === 'band') return `"at no cut more than ${percent(test.tolerated)} above stable"`;
  return `"at ${worse === 'higher' ? 'most' : 'least'} ${number(test.tolerated)} times the rate of stable"`;
}

/** The cut that speaks loudest: the one of the alternative with the most evidence. */
function worstCut(metric: Metric, own: MetricState): number {
  const width = metric.cuts?.length ?? 1;
  if (width === 1) return 0;
  if (own.fail.length > 0) return Math.floor(own.fail.indexOf(Math.max(...own.fail)) / (own.fail.length / width));
  const gaps = own.candidate.bad.map(
    (bad, cut) => bad / own.candidate.total - (own.stable.bad[cut] as number) / Math.max(1, own.stable.total),
  );
  return gaps.indexOf(Math.max(...gaps));
}

const badAt = ({ bad, cuts }: Metric, cut: number) => (cuts ? `${bad} ${cuts[cut]}` : bad);

function affected({ tenants }: MetricState): string {
  const hit = Object.entries(tenants).filter(([, [bad]]) => bad > 0);
  const all = Object.keys(tenants).length;
  if (hit.length === 0) return `; none of ${all} tenant(s) affected`;
  const names = hit
    .sort(([, [a]], [, [b]]) => b - a)
    .slice(0, NAMED)
    .map(([name]) => name || '(without a name)');
  const more = hit.length > NAMED ? `, and ${hit.length - NAMED} more` : '';
  return `; ${hit.length} of ${all} tenant(s) affected: ${names.join(', ')}${more}`;
}

const share = ({ total, bad }: Tally, cut: number) =>
  `${percent((bad[cut] as number) / total)} (${number(bad[cut] as number)} of ${number(total)})`;
const percent = (part: number) => `${(part * 100).toLocaleString('en-US', { maximumSignificantDigits: 3 })} %`;
const number = (value: number) => value.toLocaleString('en-US', { maximumFractionDigits: 3 });
/** Odds, as people say them. Beyond a million their size means nothing any more. */
const odd = (logE: number) =>
  logE > Math.log(1e6) ? 'over 1,000,000' : Math.exp(logE).toLocaleString('en-US', { maximumSignificantDigits: 3 });
