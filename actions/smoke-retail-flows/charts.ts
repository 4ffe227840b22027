import { plain, table } from '@tillgate/action-kit';
import { type Comparison, median, type ShopSeen, type TrendPoint } from '@tillgate/retail-flows';

/** Bars of a chart. */
const BARS = 12;

/** The steps that changed most, as a chart, and the same as a table for viewers that draw no charts. */
export function changedSteps(tenants: readonly ShopSeen[]): string {
  const steps = acrossTenants(tenants)
    .toSorted((a, b) => ratio(b) - ratio(a))
    .slice(0, BARS);
  if (steps.length === 0) return '';
  const rows = steps.map(({ step, before, now, judgement }) => [
    plain(step),
    String(Math.round(before)),
    String(Math.round(now)),
    judgement,
  ]);
  const several = tenants.length > 1 ? ', medians over tenants' : '';
  return [
    ...chart(`Steps that changed most: now (bars) and baseline (line), ms${several}`, [
      `x-axis [${steps.map((_, index) => index + 1).join(', ')}]`,
      `bar [${steps.map(({ now }) => Math.round(now)).join(', ')}]`,
      `line [${steps.map(({ before }) => Math.round(before)).join(', ')}]`,
    ]),
    '',
    table(['step', 'baseline', 'now', 'judgement'], rows),
  ].join('\n');
}

/** How long all steps took together, run by run; nothing before there are two runs. */
export function trendChart(trend: readonly TrendPoint[]): string {
  if (trend.length < 2) return '';
  return chart(`From ${day(trend[0])} to ${day(trend.at(-1))}: sum of the medians of all steps, ms`, [
    `x-axis [${trend.map((_, index) => index + 1).join(', ')}]`,
    `line [${trend.map(({ ms }) => ms).join(', ')}]`,
  ]).join('\n');
}

const ratio = ({ now, before }: Pick<Comparison, 'now' | 'before'>): number => now / Math.max(before, 1);
const day = (point: TrendPoint | undefined): string => (/^\d{4}-\d{2}-\d{2}/.exec(point?.at ?? '') ?? ['?'])[0];

const chart = (title: string, body: readonly string[]): string[] => [
  '```mermaid',
  'xychart-beta',
  `  title "${title}"`,
  ...body.map((line) => `  ${line}`),
  '```',
];

type Changed = Pick<Comparison, 'step' | 'before' | 'now' | 'judgement'>;

/** Each step once: over several tenants the median of their medians, and the worst judgement. */
function acrossTenants(tenants: readonly ShopSeen[]): Changed[] {
  const all = Map.groupBy(
    tenants.flatMap(({ latency }) => latency),
    ({ step }) => step,
  );
  return [...all].map(([step, compared]) => ({
    step,
    before: median(compared.map(({ before }) => before)),
    now: median(compared.map(({ now }) => now)),
    judgement:
      (['slower', 'too-few'] as const).find((word) => compared.some(({ judgement }) => judgement === word)) ??
      'as-before',
  }));
}
