import { reasonsOf } from './endings.ts';
import type { FlowResult } from './flow.ts';
import type { ShopSeen, SmokeSeen } from './seen.ts';

interface Suite {
  name: string;
  /** Cases as XML. */
  cases: string[];
  failures: number;
  errors: number;
  skipped: number;
  ms: number;
  /** What stays behind, one line each. */
  stays: string[];
}

/**
 * The run as JUnit XML: one suite a tenant, one case a flow and repeat. What failed is a `failure`, what could
 * not be known an `error`, what was not run is `skipped`; what stays behind is the suite's output.
 */
export function junitOf({ tenants }: SmokeSeen): string {
  const suites = tenants.map(suiteOf);
  const sum = (figure: 'failures' | 'errors' | 'skipped' | 'ms') =>
    suites.reduce((all, suite) => all + suite[figure], 0);
  const whole = {
    cases: suites.flatMap(({ cases }) => cases),
    failures: sum('failures'),
    errors: sum('errors'),
    skipped: sum('skipped'),
    ms: sum('ms'),
  };
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites ${counts(whole)}>`,
    ...suites.flatMap((suite) => [
      `  <testsuite name="${escaped(suite.name)}" ${counts(suite)}>`,
      ...suite.cases.map((one) => `    ${one}`),
      ...(suite.stays.length > 0 ? [`    <system-out>${escaped(suite.stays.join('\n'))}</system-out>`] : []),
      '  </testsuite>',
    ]),
    '</testsuites>',
    '',
  ].join('\n');
}

function suiteOf({ tenant, shop, trouble, results, left, inherited }: ShopSeen): Suite {
  const told = trouble === undefined ? [] : [caseOf(tenant, 'the visit', 0, tag('error', trouble, 'not-reached'))];
  const ran = results.map((result) => caseOf(tenant, result.flow, millis(result), endOf(result)));
  const skipped = left.map(({ flow, detail }) => caseOf(tenant, flow, 0, tag('skipped', detail)));
  return {
    name: shop ? `${tenant} on Odoo ${shop.version}` : tenant,
    cases: [...told, ...ran, ...skipped],
    failures: results.filter(({ status }) => status === 'failed').length,
    errors: told.length + results.filter(({ status }) => status === 'blocked' || status === 'unknown').length,
    skipped: skipped.length,
    ms: results.reduce((sum, result) => sum + millis(result), 0),
    stays: [...inherited.stays, ...results.flatMap(({ stays }) => stays)],
  };
}

function endOf(result: FlowResult): string {
  if (result.status === 'passed') return '';
  return tag(result.status === 'failed' ? 'failure' : 'error', reasonsOf(result).join('; '), result.status);
}

const tag = (name: string, message: string, type?: string): string =>
  `<${name}${type === undefined ? '' : ` type="${type}"`} message="${escaped(message)}"/>`;

function caseOf(tenant: string, flow: string, ms: number, end: string): string {
  const head = `<testcase classname="${escaped(tenant)}" name="${escaped(flow)}" time="${seconds(ms)}"`;
  return end === '' ? `${head}/>` : `${head}>${end}</testcase>`;
}

const counts = ({ cases, failures, errors, skipped, ms }: Omit<Suite, 'name' | 'stays'>): string =>
  `tests="${cases.length}" failures="${failures}" errors="${errors}" skipped="${skipped}" time="${seconds(ms)}"`;

const millis = ({ times }: FlowResult): number => times.reduce((sum, { ms }) => sum + ms, 0);
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
