import { instantOf } from '@tillgate/release';
import type { AnalysisPlan } from '../plan.ts';
import type { Alarms, Calibration } from './calibrate.ts';
import type { Estimate } from './chance.ts';

/** Blank start times that are told; all are in the JSON. */
const BLANKS_TOLD = 3;

/** What a calibration found, for people, in Markdown. */
export function reportOf(plan: AnalysisPlan, calibration: Calibration): string {
  const { asSet, measured, phi, share, blank } = calibration;
  const settings = [
    { what: 'as set', ...asSet },
    ...(measured ? [{ what: 'with phi measured, later half', ...measured }] : []),
  ];
  return [
    '## False alarms: good releases of your own past',
    table(
      ['settings', 'start times', 'runs', 'failed [95 %]', 'passed', 'held', 'failed by'],
      settings.map(({ what, alarms }) => alarmRow(what, alarms)),
    ),
    `${verdict(plan, asSet.alarms)} The candidate's half had ${percent(share)} of the traffic in the mean. An alarm may also be a real fault of one replica: look at those before you loosen anything.`,
    '## Time to detection, had the candidate been worse',
    table(
      ['settings', 'metric', 'of its good ones bad', 'runs', 'found [95 %]', 'median s', '90 % within s'],
      settings.flatMap(({ what, detections }) =>
        detections.map(({ metric, more, runs, found, median, p90 }) => [
          what,
          metric,
          percent(more),
          String(runs),
          interval(found),
          seconds(median),
          seconds(p90),
        ]),
      ),
    ),
    '## Bursts: phi, for the policy',
    table(
      ['metric', 'as set', 'measured, earlier half'],
      plan.metrics.map((metric) => [metric.name, number(metric.phi), phiText(phi[metric.name])]),
    ),
    yaml(phi),
    ...(blank.length > 0 ? [blanks(calibration)] : []),
  ].join('\n\n');
}

function verdict({ alpha }: AnalysisPlan, { failed, starts }: Alarms): string {
  if (failed.low > alpha) {
    return `**More than the ${percent(alpha)} that alpha promises, beyond chance: do not enforce these settings.** Raise phi or the tolerated ratio.`;
  }
  if (failed.high <= alpha) return `Within the ${percent(alpha)} that alpha promises.`;
  return `Nothing speaks against the ${percent(alpha)} that alpha promises; ${starts} start times cannot show more. A longer past can.`;
}

const alarmRow = (what: string, { starts, runs, failed, passed, held, by }: Alarms): string[] => [
  what,
  String(starts),
  String(runs),
  interval(failed),
  percent(passed),
  percent(held),
  Object.entries(by)
    .map(([metric, count]) => `${metric} ${count}`)
    .join(', '),
];

function yaml(phi: Calibration['phi']): string {
  const known = Object.entries(phi).filter(([, value]) => value !== undefined);
  if (known.length === 0) return 'Too little bad happened to measure bursts: keep what is assumed.';
  const lines = known.map(([metric, value]) => `      ${metric}: ${value}`);
  return `Into the policy, before the next release:\n\n    analysis:\n      dispersion:\n        measured:\n${lines.map((line) => `    ${line}`).join('\n')}`;
}

function blanks({ blank, asSet }: Calibration): string {
  const told = blank.slice(0, BLANKS_TOLD).map(({ start, because }) => `- ${instantOf(start)}: ${because}`);
  const all = blank.length + asSet.alarms.starts;
  return `${blank.length} of ${all} start times told nothing:\n\n${told.join('\n')}`;
}

const table = (head: readonly string[], rows: readonly (readonly string[])[]): string =>
  [head, head.map(() => '---'), ...rows].map((row) => `| ${row.join(' | ')} |`).join('\n');
const interval = ({ share, low, high }: Estimate) =>
  Number.isNaN(share) ? '-' : `${percent(share)} [${percent(low)}, ${percent(high)}]`;
const percent = (share: number) => `${(share * 100).toLocaleString('en-US', { maximumSignificantDigits: 3 })} %`;
const number = (value: number) => value.toLocaleString('en-US', { maximumFractionDigits: 2 });
const seconds = (value: number) => (Number.isFinite(value) ? number(Math.round(value)) : '-');
const phiText = (value: number | undefined) => (value === undefined ? 'too little bad happened' : number(value));
