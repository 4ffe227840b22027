import type { Rule } from '@tillgate/release';
import type { SmokeSeen } from '../seen.ts';
import { exampleSmoke } from './example-smoke.ts';
import { inEachShop } from './in-each-shop.ts';

const readOnly = {
  flow: 'sale-to-payment',
  why: 'read-only',
  detail: 'writing is not allowed',
  wanted: false,
} as const;
const live = { ...readOnly, why: 'live-ways', detail: 'mail server Relay is active' } as const;
const missing = {
  ...readOnly,
  flow: 'pos-session',
  why: 'module-missing',
  detail: 'point_of_sale not installed',
} as const;

/** What was left out of all flows and must not be taken for gone through. */
export const flowLeftOut: Rule<SmokeSeen> = {
  id: 'smoke/flow-left-out',
  meaning: 'A flow was not run: it was asked for and cannot be, or it would send something out of the house.',
  why: 'Who asks for a flow relies on its answer. And a smoke flow whose invoice reaches a customer, an authority or a carrier does harm.',
  remedy:
    'Mend the name or install the module; for flows that write, use a neutralised copy, or set the named mail server, provider or module to test mode.',
  bad: [
    { title: 'a live mail server', seen: exampleSmoke({ left: [live] }), severity: 'unknown' },
    {
      title: 'a flow asked for whose module is missing',
      seen: exampleSmoke({ left: [{ ...missing, wanted: true }] }),
      severity: 'unknown',
    },
    {
      title: 'a flow asked for that would write where nothing may be written',
      seen: exampleSmoke({ left: [{ ...readOnly, wanted: true }] }),
      severity: 'unknown',
    },
  ],
  good: [
    { title: 'a shop without tills', seen: exampleSmoke({ left: [missing] }) },
    { title: 'production, where only reading is allowed', seen: exampleSmoke({ left: [readOnly] }) },
  ],
  judge: inEachShop(({ left }) =>
    left
      .filter(({ why, wanted }) => wanted || why === 'live-ways')
      .map(({ flow, detail }) => ({
        rule: 'smoke/flow-left-out',
        key: flow,
        severity: 'unknown',
        message: `${flow} was not run: ${detail}`,
        place: flow,
        remedy: flowLeftOut.remedy,
      })),
  ),
};

export const readingOnly: Rule<SmokeSeen> = {
  id: 'smoke/reading-only',
  meaning: 'Only flows that read were run, since this database may be production.',
  why: 'That the shop answers is worth knowing; that it sells was not shown here.',
  remedy:
    'Run the writing flows on a neutralised copy, or give a company and a warehouse set aside and `allow-writes-in-production`.',
  bad: [{ title: 'production', seen: exampleSmoke({ left: [readOnly] }), severity: 'note' }],
  good: [{ title: 'a neutralised copy', seen: exampleSmoke() }],
  judge: inEachShop(({ left }) => {
    const flows = left.filter(({ why, wanted }) => why === 'read-only' && !wanted).map(({ flow }) => flow);
    if (flows.length === 0) return [];
    return [
      {
        rule: 'smoke/reading-only',
        key: 'read-only',
        severity: 'note',
        message: `Not run, because they write: ${flows.join(', ')}.`,
        remedy: readingOnly.remedy,
      },
    ];
  }),
};
