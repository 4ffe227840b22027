import type { Rule } from '@tillgate/release';
import type { SmokeSeen } from '../seen.ts';
import { exampleSmoke } from './example-smoke.ts';
import { inEachShop } from './in-each-shop.ts';

const step = { step: 'sale-to-payment: it is confirmed', before: 110, now: 112, chance: 1 } as const;

export const notCompared: Rule<SmokeSeen> = {
  id: 'smoke/not-compared',
  meaning: 'The class asks that times are compared with a baseline, and in a shop no step could be.',
  why: 'A release that makes every till wait passes all facts; only a baseline shows it.',
  remedy:
    'Give `baseline`, the file that a run on what production runs has written, with at least five repeats, the same tenants and the same concurrency.',
  bad: [
    { title: 'no baseline', seen: exampleSmoke({}, { mustCompare: true }), severity: 'unknown' },
    {
      title: 'a baseline of one repeat',
      seen: exampleSmoke({ latency: [{ ...step, judgement: 'too-few' }] }, { mustCompare: true }),
      severity: 'unknown',
    },
  ],
  good: [
    { title: 'a class that does not ask for it', seen: exampleSmoke() },
    {
      title: 'a step was compared',
      seen: exampleSmoke({ latency: [{ ...step, judgement: 'as-before' }] }, { mustCompare: true }),
    },
  ],
  judge(seen) {
    if (!seen.mustCompare) return [];
    return inEachShop(({ latency, results }) => {
      const compared = latency.some(({ judgement }) => judgement !== 'too-few');
      if (compared || results.length === 0) return [];
      const message = 'No step could be compared with a baseline, and the class asks for it.';
      return [
        { rule: 'smoke/not-compared', key: 'baseline', severity: 'unknown', message, remedy: notCompared.remedy },
      ];
    })(seen);
  },
};
