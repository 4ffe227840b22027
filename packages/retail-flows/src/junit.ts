import { reasonsOf } from './endings.ts';
import type { FlowResult } from './flow.ts';
import type { SmokeSeen } from './seen.ts';

/**
 * The run as JUnit XML: one case a flow and repeat. What failed is a `failure`, what could not be known an
 * `error`, what was not run is `skipped`.
 */
export function junitOf({ results, left, shop }: SmokeSeen): string {
  const cases = results.map(caseOf);
  const skipped = left.map(
    ({ flow, detail }) =>
      `    <testcase classname="smoke-retail-flows" name="${escaped(flow)}" time="0"><skipped message="${escaped(detail)}"/></testcase>`,
  );
  const failures = results.filter(({ status }) => status === 'failed').length;
  const errors = results.filter(({ status }) => status === 'blocked' || status === 'unknown').length;
  const counts = `tests="${cases.length + skipped.length}" failures="${failures}" errors="${errors}" skipped="${skipped.length}"`;
  const time = seconds(results.reduce((sum, result) => sum + millis(result), 0));
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites ${counts} time="${time}">`,
    `  <testsuite name="smoke-retail-flows on Odoo ${escaped(shop.version)}" ${counts} time="${time}">`,
    ...cases,
    ...skipped,
    '  </testsuite>',
    '</testsuites>',
    '',
  ].join('\n');
}

function caseOf(result: FlowResult): string {
  const head = `    <testcase classname="smoke-retail-flows" name="${escaped(result.flow)}" time="${seconds(millis(result))}"`;
  if (result.status === 'passed') return `${head}/>`;
  const kind = result.status === 'failed' ? 'failure' : 'error';
  return `${head}><${kind} type="${result.status}" message="${escaped(reasonsOf(result).join('; '))}"/></testcase>`;
}

const millis = ({ times }: FlowResult): number => times.reduce((sum, { ms }) => sum + ms, 0);
const seconds = (ms: number): string => (ms / 1000).toFixed(3);

/** Text as an XML attribute; what XML 1.0 cannot hold at all is left out. */
function escaped(text: string): string {
  return text
    .replace(/[^\t\n\r\u{20}-\u{D7FF}\u{E000}-\u{FFFD}\u{10000}-\u{10FFFF}]/gu, '')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll('\n', '&#10;');
}
