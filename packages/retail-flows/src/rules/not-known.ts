import type { Rule } from '@tillgate/release';
import { endings } from '../endings.ts';
import type { SmokeSeen } from '../seen.ts';
import { exampleResult, exampleSmoke } from './example-smoke.ts';
import { inEachShop } from './in-each-shop.ts';

export const flowBlocked: Rule<SmokeSeen> = {
  id: 'smoke/flow-blocked',
  meaning: 'What a flow needs could not be made, so that what it is about was never tried.',
  why: 'A flow that did not get to its own steps has shown nothing.',
  remedy: 'Mend what the message names; usually another flow failed at the same thing and says more.',
  bad: [
    {
      title: 'a return for which no invoice could be posted',
      seen: exampleSmoke({
        results: [exampleResult({ status: 'blocked', trouble: { step: '2 sold', message: 'posted invoices: 0' } })],
      }),
      severity: 'unknown',
    },
  ],
  good: [{ title: 'all was tried', seen: exampleSmoke() }],
  judge: inEachShop((shop) =>
    endings(shop, 'blocked').map(({ flow, reasons }) => ({
      rule: 'smoke/flow-blocked',
      key: flow,
      severity: 'unknown',
      message: `${flow} could not begin: ${reasons.join('; ')}`,
      place: flow,
      remedy: flowBlocked.remedy,
    })),
  ),
};

export const noAnswer: Rule<SmokeSeen> = {
  id: 'smoke/no-answer',
  meaning: 'Odoo, or something before it, did not answer in the middle of a flow.',
  why: 'Without an answer nothing is known; what was asked for last may even have been done.',
  remedy:
    'See whether the server restarts, is overloaded or is cut off by a proxy, and run the gate again: it cleans up first.',
  bad: [
    {
      title: 'a server that died between two steps',
      seen: exampleSmoke({
        results: [
          exampleResult({
            status: 'unknown',
            trouble: { step: 'it is paid', message: 'no connection (ECONNREFUSED)' },
          }),
        ],
      }),
      severity: 'unknown',
    },
  ],
  good: [{ title: 'every call was answered', seen: exampleSmoke() }],
  judge: inEachShop((shop) =>
    endings(shop, 'unknown').map(({ flow, reasons }) => ({
      rule: 'smoke/no-answer',
      key: flow,
      severity: 'unknown',
      message: `${flow} was cut off: ${reasons.join('; ')}`,
      place: flow,
      remedy: noAnswer.remedy,
    })),
  ),
};

export const onlyPlanned: Rule<SmokeSeen> = {
  id: 'smoke/only-planned',
  meaning: 'The gate was asked for its plan only; no flow was run.',
  why: 'A plan shows nothing about the shop.',
  remedy: 'Read what would be written, and run the gate without `dry`.',
  bad: [{ title: 'a dry run', seen: exampleSmoke({ results: [] }, { dry: true }), severity: 'unknown' }],
  good: [{ title: 'flows were run', seen: exampleSmoke() }],
  judge: ({ dry }) =>
    dry
      ? [
          {
            rule: 'smoke/only-planned',
            key: 'dry',
            severity: 'unknown',
            message: 'This was a dry run: it only tells what would be written.',
            remedy: onlyPlanned.remedy,
          },
        ]
      : [],
};
