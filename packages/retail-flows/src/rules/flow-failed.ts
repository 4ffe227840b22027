import type { Rule } from '@tillgate/release';
import { type Ending, endings } from '../endings.ts';
import type { SmokeSeen } from '../seen.ts';
import { exampleResult, exampleSmoke } from './example-smoke.ts';
import { inEachShop } from './in-each-shop.ts';

const unmoved = { fact: 'stock went down by exactly one', expected: '9', seen: '10' };

export const flowFailed: Rule<SmokeSeen> = {
  id: 'smoke/flow-failed',
  meaning: 'A flow was gone through and a business fact does not hold, or Odoo refused or broke on the way.',
  why: 'A shop that sells without moving stock, or cannot post its invoices, is down for its owner, however healthy its server looks.',
  remedy: 'Read which fact does not hold and in which step, and look at what the release changed there.',
  bad: [
    {
      title: 'one was sold and the stock did not move',
      seen: exampleSmoke({ results: [exampleResult({ status: 'failed', wrong: [unmoved] })] }),
      severity: 'fail',
    },
    {
      title: 'a till refused to close, the second time',
      seen: exampleSmoke({
        results: [
          exampleResult(),
          exampleResult({
            status: 'failed',
            trouble: { step: 'it is confirmed', message: 'sale.order: UserError: No.' },
          }),
        ],
      }),
      severity: 'fail',
    },
  ],
  good: [
    { title: 'all facts hold', seen: exampleSmoke() },
    { title: 'nothing is known', seen: exampleSmoke({ results: [exampleResult({ status: 'unknown' })] }) },
  ],
  judge: inEachShop((shop) =>
    endings(shop, 'failed').map(({ flow, reasons, times, of }: Ending) => ({
      rule: 'smoke/flow-failed',
      key: flow,
      severity: 'fail',
      message: `${flow} failed${of > 1 ? ` ${times} of ${of} times` : ''}: ${reasons.join('; ')}`,
      place: flow,
      remedy: flowFailed.remedy,
    })),
  ),
};
