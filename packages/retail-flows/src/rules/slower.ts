import type { Rule } from '@tillgate/release';
import type { SmokeSeen } from '../seen.ts';
import { exampleSmoke } from './example-smoke.ts';
import { inEachShop } from './in-each-shop.ts';

const step = {
  step: 'sale-to-payment: it is confirmed',
  before: 110,
  now: 480,
  judgement: 'slower',
  chance: 0.004,
} as const;

export const slower: Rule<SmokeSeen> = {
  id: 'smoke/slower',
  meaning: 'A step takes longer than the baseline by more than the ratio allowed, and chance does not explain it.',
  why: 'A queue at the till is lost trade, long before anything times out.',
  remedy: 'Look at what the release changed in this step. If it is meant to be so, make a new baseline.',
  bad: [{ title: 'confirming takes four times as long', seen: exampleSmoke({ latency: [step] }), severity: 'fail' }],
  good: [
    {
      title: 'as before',
      seen: exampleSmoke({ latency: [{ ...step, now: 118, judgement: 'as-before', chance: 0.2 }] }),
    },
    { title: 'too few to tell', seen: exampleSmoke({ latency: [{ ...step, judgement: 'too-few' }] }) },
  ],
  judge: inEachShop(({ latency }) =>
    latency
      .filter(({ judgement }) => judgement === 'slower')
      .map(({ step: key, before, now }) => ({
        rule: 'smoke/slower',
        key,
        severity: 'fail',
        message: `${key} takes ${Math.round(now)} ms, in the baseline ${Math.round(before)} ms (medians).`,
        place: key,
        remedy: slower.remedy,
      })),
  ),
};

export const tooFewTimes: Rule<SmokeSeen> = {
  id: 'smoke/too-few-times',
  meaning: 'There is a baseline, and too few times on one side to compare with it.',
  why: 'With fewer than five, even a clean separation may be chance; a comparison would cry wolf.',
  remedy: 'Set `repeats` to 5 or more, here and in the run that makes the baseline.',
  bad: [
    {
      title: 'one repeat',
      seen: exampleSmoke({ latency: [{ ...step, judgement: 'too-few' }] }),
      severity: 'warn',
    },
  ],
  good: [{ title: 'enough repeats', seen: exampleSmoke({ latency: [{ ...step, judgement: 'as-before' }] }) }],
  judge: inEachShop(({ latency }) => {
    const few = latency.filter(({ judgement }) => judgement === 'too-few');
    if (few.length === 0) return [];
    const message = `${few.length} steps could not be compared with the baseline: fewer than five times on one side.`;
    return [{ rule: 'smoke/too-few-times', key: 'too-few', severity: 'warn', message, remedy: tooFewTimes.remedy }];
  }),
};
