import { reasonsOf } from './endings.ts';
import type { FlowResult } from './flow.ts';
import type { ShopSeen, SmokeSeen } from './seen.ts';

interface Counts {
  tests: number;
  failures: number;
  errors: number;
  skipped: number;
  ms: number;
}

/**
 * The run as JUnit XML: one suite a tenant, one case a flow and repeat. What failed is a `failure`, what could
 * not be known an `error`, what was not run is `skipped`; what stays behind is the suite's output. It comes
 * suite by suite, for all of a run of many tenants is more text than anybody should hold at once.
 *
 * @param clean takes secrets out of a text; it sees every text before XML writes it in a way of its own
 */
export function* junitOf({ tenants }: SmokeSeen, clean: (text: string) => string): Generator<string> {
  const whole: Counts = { tests: 0, failures: 0, errors: 0, skipped: 0, ms: 0 };
  for (const counts of tenants.map(countsOf)) {
    for (const figure of Object.keys(whole) as (keyof Counts)[]) whole[figure] += counts[figure];
  }
  yield `<?xml version="1.0" encoding="UTF-8"?>\n<testsuites ${attributes(whole)}>\n`;
  for (const shop of tenants) yield `${[...suiteOf(shop, (text) => escaped(clean(text)))].join('\n')}\n`;
  yield '</testsuites>\n';
}

function* suiteOf(shop: ShopSeen, xml: (text: string) => string): Generator<string> {
  const { tenant, shop: place, trouble, results, left, inherited } = shop;
  const who = xml(tenant);
  const names = new Map([...results, ...left].map(({ flow }) => [flow, '']));
  for (const flow of names.keys()) names.set(flow, xml(flow)); // once, not once a repeat
  const caseOf = (flow: string, ms: number, end: string) => {
    const head = `    <testcase classname="${who}" name="${names.get(flow) ?? flow}" time="${seconds(ms)}"`;
    return end === '' ? `${head}/>` : `${head}>${end}</testcase>`;
  };
  const tag = (name: string, message: string, type?: string) =>
    `<${name}${type === undefined ? '' : ` type="${type}"`} message="${xml(message)}"/>`;
  const endOf = (result: FlowResult) => {
    if (result.status === 'passed') return '';
    return tag(result.status === 'failed' ? 'failure' : 'error', reasonsOf(result).join('; '), result.status);
  };
  const name = place ? `${tenant} on Odoo ${place.version}` : tenant;
  yield `  <testsuite name="${xml(name)}" ${attributes(countsOf(shop))}>`;
  if (trouble !== undefined) yield caseOf('the visit', 0, tag('error', trouble, 'not-reached'));
  for (const result of results) yield caseOf(result.flow, result.ms, endOf(result));
  for (const { flow, detail } of left) yield caseOf(flow, 0, tag('skipped', detail));
  const stays = [...inherited.stays, ...results.flatMap((result) => result.stays)];
  if (stays.length > 0) yield `    <system-out>${xml(stays.join('\n'))}</system-out>`;
  yield '  </testsuite>';
}

function countsOf({ trouble, results, left }: ShopSeen): Counts {
  const told = trouble === undefined ? 0 : 1;
  return {
    tests: told + results.length + left.length,
    failures: results.filter(({ status }) => status === 'failed').length,
    errors: told + results.filter(({ status }) => status === 'blocked' || status === 'unknown').length,
    skipped: left.length,
    ms: results.reduce((sum, { ms }) => sum + ms, 0),
  };
}

const attributes = ({ tests, failures, errors, skipped, ms }: Counts): string =>
  `tests="${tests}" failures="${failures}" errors="${errors}" skipped="${skipped}" time="${seconds(ms)}"`;

const seconds = (ms: number): string => (ms / 1000).toFixed(3);

/** Text as XML content or an attribute; what XML 1.0 cannot hold at all is left out. */
function escaped(text: string): string {
  return text
    .replace(/[^\t\n\r\u{20}-\u{D7FF}\u{E000}-\u{FFFD}\u{10000}-\u{10FFFF}]/gu, '')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll('\n', '&#10;');
}
