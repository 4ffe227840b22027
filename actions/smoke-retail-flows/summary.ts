import { plain, table } from '@tillgate/action-kit';
import { isWhole, median, type ShopSeen, type SmokeSeen, worstEnding } from '@tillgate/retail-flows';
import { changedSteps, trendChart } from './charts.ts';

/** Rows of a table or list. */
const ROWS = 40;

/** The slowest step of all, with its tenant where there are several, and its median in milliseconds. */
export function slowest({ tenants }: SmokeSeen): string {
  const [first] = tenants
    .flatMap(({ tenant, times }) => Object.entries(times).map(([step, all]) => ({ tenant, step, ms: median(all) })))
    .sort((a, b) => b.ms - a.ms);
  if (!first) return '';
  return `${tenants.length > 1 ? `${first.tenant}: ` : ''}${first.step} (${Math.round(first.ms)} ms)`;
}

/** What was gone through, for people: what did not go well first, then counts, times, and what stays behind. */
export function summaryOf(seen: SmokeSeen): string {
  const { tenants, dry } = seen;
  const [only] = tenants;
  const several = tenants.length > 1;
  return joined([
    several ? counts(seen) : only?.shop ? plain(place(only.shop)) : '',
    several ? section('Tenants that did not pass', troubled(tenants)) : '',
    dry ? planned(tenants) : flows(tenants),
    section('Times against the baseline (median, ms)', changedSteps(tenants)),
    section('All steps together, run by run', trendChart(seen.trend)),
    stays(tenants),
    section('Taken back for a run that was killed', bullets(lines(tenants, ({ inherited }) => inherited.stays))),
    section('Not run', bullets(notRun(tenants))),
  ]);
}

const joined = (parts: readonly string[]): string => parts.filter((part) => part !== '').join('\n\n');
const section = (title: string, content: string): string => (content === '' ? '' : `#### ${title}\n\n${content}`);

type Where = NonNullable<ShopSeen['shop']>;
const place = ({ version, company, warehouse, isNeutralized }: Where): string =>
  `Odoo ${version}, ${company}${warehouse ? `, ${warehouse}` : ''}; ${isNeutralized ? 'a neutralised copy' : 'not a neutralised copy'}`;

function counts({ tenants }: SmokeSeen): string {
  const outcomes = tenants.map(outcomeOf);
  const of = (word: string) => outcomes.filter((outcome) => outcome === word).length;
  return `${tenants.length} tenants: ${of('passed')} passed, ${of('failed')} failed, ${of('not known')} not known.`;
}

function outcomeOf(shop: ShopSeen): 'passed' | 'failed' | 'not known' {
  const slower = shop.latency.some(({ judgement }) => judgement === 'slower');
  if (slower || shop.results.some(({ status }) => status === 'failed')) return 'failed';
  return isWhole(shop) && shop.results.every(({ status }) => status === 'passed') ? 'passed' : 'not known';
}

function troubled(tenants: readonly ShopSeen[]): string {
  const rows = tenants
    .map((shop) => ({ shop, outcome: outcomeOf(shop) }))
    .filter(({ outcome }) => outcome !== 'passed')
    .sort((a, b) => a.outcome.localeCompare(b.outcome))
    .map(({ shop, outcome }) => [plain(shop.tenant), outcome, plain(why(shop))]);
  const more = rows.length > ROWS ? `\n\n${rows.length - ROWS} more in the document.` : '';
  return `${table(['tenant', 'outcome', 'why'], rows.slice(0, ROWS))}${more}`.trim();
}

function why(shop: ShopSeen): string {
  const bad = shop.planned
    .map(({ flow }) => `${flow} ${worstEnding(shop, flow)}`)
    .filter((one) => !one.endsWith(' passed'));
  const slower = shop.latency.filter(({ judgement }) => judgement === 'slower').map(({ step }) => `${step} is slower`);
  const none = shop.trouble === undefined && shop.planned.length === 0 ? ['no flow can be run'] : [];
  return [...(shop.trouble === undefined ? [] : [shop.trouble]), ...none, ...bad, ...slower].join('; ');
}

/** Every flow that any tenant planned, in order, with the shops that planned it. */
function byFlow(tenants: readonly ShopSeen[]) {
  const all = new Map<string, { title: string; writes: string[]; shops: ShopSeen[] }>();
  for (const shop of tenants) {
    for (const { flow, title, writes } of shop.planned) {
      const known = all.get(flow) ?? { title, writes, shops: [] };
      known.shops.push(shop);
      all.set(flow, known);
    }
  }
  return [...all];
}

function planned(tenants: readonly ShopSeen[]): string {
  const several = tenants.length > 1;
  return table(
    ['flow', 'what it does', 'what it would write', ...(several ? ['tenants'] : [])],
    byFlow(tenants).map(([flow, { title, writes, shops }]) => [
      plain(flow),
      plain(title),
      writes.length > 0 ? writes.map((each) => plain(each)).join('<br>') : 'nothing',
      ...(several ? [String(shops.length)] : []),
    ]),
  );
}

function flows(tenants: readonly ShopSeen[]): string {
  const several = tenants.length > 1;
  const rows = byFlow(tenants).map(([flow, { title, shops }]) => {
    const runs = shops.flatMap(({ results }) => results.filter((one) => one.flow === flow));
    const ms = runs.map((run) => run.ms);
    const facts = runs.reduce((sum, run) => sum + run.facts, 0);
    const ends = shops.map((shop) => worstEnding(shop, flow));
    const outcome = several ? tally(ends) : ends.join().replace('-', ' ');
    return [plain(flow), plain(title), outcome, String(facts), ms.length > 0 ? String(Math.round(median(ms))) : ''];
  });
  return table(['flow', 'what it does', several ? 'tenants' : 'outcome', 'facts looked at', 'ms'], rows);
}

/** How often each word is there, as `79 passed, 1 failed`. */
function tally(words: readonly string[]): string {
  const kinds = [...new Set(words)].sort((a, b) => Number(b === 'passed') - Number(a === 'passed'));
  return kinds.map((kind) => `${words.filter((word) => word === kind).length} ${kind.replace('-', ' ')}`).join(', ');
}

function stays(tenants: readonly ShopSeen[]): string {
  const all = lines(tenants, ({ results }) => results.flatMap((result) => result.stays));
  const title = tenants.some(({ kept }) => kept) ? 'Kept, as asked for' : 'Stays behind, as accounting asks for';
  return section(title, bullets(all));
}

function lines(tenants: readonly ShopSeen[], of: (shop: ShopSeen) => readonly string[]): string[] {
  return tenants.flatMap((shop) => of(shop).map((line) => (tenants.length > 1 ? `${shop.tenant}: ${line}` : line)));
}

/** What was left out, each reason once. */
function notRun(tenants: readonly ShopSeen[]): string[] {
  const reasons = new Map<string, number>();
  for (const { left } of tenants)
    for (const { flow, detail } of left)
      reasons.set(`${flow}: ${detail}`, (reasons.get(`${flow}: ${detail}`) ?? 0) + 1);
  return [...reasons].map(([reason, times]) => (tenants.length > 1 ? `${reason} (${times} tenants)` : reason));
}

function bullets(all: readonly string[]): string {
  const shown = all.slice(0, ROWS).map((one) => `- ${plain(one)}`);
  if (all.length > ROWS) shown.push(`- ${all.length - ROWS} more`);
  return shown.join('\n');
}
