import { plain, table } from '@tillgate/action-kit';
import { endings, median, type SmokeSeen } from '@tillgate/retail-flows';

/** Rows of a table, bars of a chart. */
const ROWS = 40;
const BARS = 12;

/** The slowest step and its median in milliseconds, or nothing. */
export function slowest({ times }: SmokeSeen): string {
  const [first] = Object.entries(times)
    .map(([step, values]) => ({ step, ms: median(values) }))
    .sort((a, b) => b.ms - a.ms);
  return first ? `${first.step} (${Math.round(first.ms)} ms)` : '';
}

/** What was gone through, for people: flows, times against the baseline, and what stays behind. */
export function summaryOf(seen: SmokeSeen): string {
  const { shop } = seen;
  const where = `Odoo ${shop.version}, ${shop.company}${shop.warehouse ? `, ${shop.warehouse}` : ''}; ${shop.isNeutralized ? 'a neutralised copy' : 'not a neutralised copy'}`;
  return [
    plain(where),
    seen.dry ? planned(seen) : flows(seen),
    section('Times against the baseline (median, ms)', latency(seen)),
    section('Stays behind, as accounting asks for', bullets(seen.results.flatMap(({ stays }) => stays))),
    section('Taken back for a run that was killed', bullets(seen.inherited.stays)),
    section('Not run', bullets(seen.left.map(({ flow, detail }) => `${flow}: ${detail}`))),
  ]
    .filter((part) => part !== '')
    .join('\n\n');
}

const section = (title: string, content: string): string => (content === '' ? '' : `#### ${title}\n\n${content}`);

function bullets(all: readonly string[]): string {
  const shown = all.slice(0, ROWS).map((one) => `- ${plain(one)}`);
  if (all.length > ROWS) shown.push(`- ${all.length - ROWS} more in the document`);
  return shown.join('\n');
}

function planned(seen: SmokeSeen): string {
  return table(
    ['flow', 'what it does', 'what it would write'],
    seen.planned.map(({ flow, title, writes }) => [
      plain(flow),
      plain(title),
      writes.length > 0 ? writes.map((each) => plain(each)).join('<br>') : 'nothing',
    ]),
  );
}

function flows(seen: SmokeSeen): string {
  const bad = new Map<string, string>();
  for (const status of ['unknown', 'blocked', 'failed'] as const) {
    for (const { flow } of endings(seen, status)) bad.set(flow, status);
  }
  const rows = seen.planned.map(({ flow, title }) => {
    const runs = seen.results.filter((one) => one.flow === flow);
    const ms = runs.map(({ times }) => times.reduce((sum, time) => sum + time.ms, 0));
    const facts = runs.reduce((sum, { checks }) => sum + checks.length, 0);
    const status = runs.length === 0 ? 'not run' : (bad.get(flow) ?? 'passed');
    return [plain(flow), plain(title), status, String(facts), ms.length > 0 ? String(Math.round(median(ms))) : ''];
  });
  return table(['flow', 'what it does', 'outcome', 'facts looked at', 'ms'], rows);
}

/** A chart of the steps that changed most, and the same as a table for viewers that draw no charts. */
function latency({ latency: compared }: SmokeSeen): string {
  const steps = compared
    .toSorted((a, b) => b.now / Math.max(b.before, 1) - a.now / Math.max(a.before, 1))
    .slice(0, BARS);
  if (steps.length === 0) return '';
  const rows = steps.map(({ step, before, now, judgement }) => [
    plain(step),
    String(Math.round(before)),
    String(Math.round(now)),
    judgement,
  ]);
  return [
    '```mermaid',
    'xychart-beta',
    '  title "Steps that changed most: now (bars) and baseline (line), ms"',
    `  x-axis [${steps.map((_, index) => index + 1).join(', ')}]`,
    `  bar [${steps.map(({ now }) => Math.round(now)).join(', ')}]`,
    `  line [${steps.map(({ before }) => Math.round(before)).join(', ')}]`,
    '```',
    '',
    table(['step', 'baseline', 'now', 'judgement'], rows),
  ].join('\n');
}
