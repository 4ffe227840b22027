import { expect, it } from '@jest/globals';
import { junitOf } from './junit.ts';
import { exampleResult, exampleShop, exampleSmoke } from './rules/example-smoke.ts';
import type { SmokeSeen } from './seen.ts';

const left = [
  { flow: 'pos-session', why: 'module-missing' as const, detail: 'point_of_sale not installed', wanted: false },
];

const whole = (seen: SmokeSeen, clean = (text: string) => text): string => [...junitOf(seen, clean)].join('');

it('tells a failure, an error and what was skipped, and lets no text break out', () => {
  const trouble = { step: 'it is paid', message: '"/><testcase name="forged' };
  const results = [
    exampleResult(),
    exampleResult({ status: 'failed', trouble }),
    exampleResult({ status: 'unknown', trouble: { step: 'a', message: '\u0000no answer' } }),
  ];
  const text = whole(exampleSmoke({ results, left }));
  expect(text).toContain('tests="4" failures="1" errors="1" skipped="1"');
  expect(text.match(/<testcase /g)).toHaveLength(4);
  expect(text).toContain('&quot;/&gt;&lt;testcase name=&quot;forged');
  expect(text).not.toContain('\u0000');
});

it('has a suite for each tenant, and an error for one that was not reached', () => {
  const away = exampleShop({ tenant: 'harbour', results: [], planned: [], trouble: 'no connection' });
  const text = whole(exampleSmoke({}, { tenants: [exampleShop({ left }), away] }));
  expect(text).toContain('<testsuites tests="3" failures="0" errors="1" skipped="1"');
  expect(text).toContain('<testsuite name="corner-shops on Odoo 19.0" tests="2" failures="0" errors="0" skipped="1"');
  expect(text).toContain('<testcase classname="harbour" name="the visit" time="0.000"><error');
  expect(text).toContain('<system-out>order S00012, cancelled</system-out>');
});

it('has no secret that XML would write in a way of its own', () => {
  const password = 'Kettle & "Tea"';
  const trouble = { step: 'it is paid', message: `UserError: ${password} was sent` };
  const seen = exampleSmoke({ results: [exampleResult({ status: 'failed', trouble })] });
  const text = whole(seen, (told) => told.replaceAll(password, '***'));
  expect(text).toContain('UserError: *** was sent');
  expect(text).not.toMatch(/Kettle/);
});
