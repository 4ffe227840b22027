import { expect, it } from '@jest/globals';
import { junitOf } from './junit.ts';
import { exampleResult, exampleSmoke } from './rules/example-smoke.ts';

it('tells a failure, an error and what was skipped, and lets no text break out', () => {
  const trouble = { step: 'it is paid', message: '"/><testcase name="forged' };
  const text = junitOf(
    exampleSmoke({
      results: [
        exampleResult(),
        exampleResult({ status: 'failed', trouble }),
        exampleResult({ status: 'unknown', trouble: { step: 'a', message: '\u0000no answer' } }),
      ],
      left: [{ flow: 'pos-session', why: 'module-missing', detail: 'point_of_sale not installed', wanted: false }],
    }),
  );
  expect(text).toContain('tests="4" failures="1" errors="1" skipped="1"');
  expect(text.match(/<testcase /g)).toHaveLength(4);
  expect(text).toContain('&quot;/&gt;&lt;testcase name=&quot;forged');
  expect(text).not.toContain('\u0000');
});
