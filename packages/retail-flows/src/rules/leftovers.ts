import type { Rule } from '@tillgate/release';
import type { SmokeSeen } from '../seen.ts';
import { exampleResult, exampleSmoke } from './example-smoke.ts';
import { inEachShop } from './in-each-shop.ts';

export const leftovers: Rule<SmokeSeen> = {
  id: 'smoke/leftovers',
  meaning: 'Something that a flow made could not be taken back.',
  why: 'What stays behind is in the stock and in the books until somebody removes it.',
  remedy:
    'Run the gate again: it begins with what is left. What it cannot remove then, remove by the mark TILLGATE-SMOKE-.',
  bad: [
    {
      title: 'a till that would not close',
      seen: exampleSmoke({ results: [exampleResult({ leftovers: ['till session POS/1: orders in draft state'] })] }),
      severity: 'warn',
    },
  ],
  good: [
    { title: 'everything was taken back', seen: exampleSmoke() },
    {
      title: 'what was left was taken back by a later flow of the same run',
      seen: exampleSmoke({ inherited: { stays: ['order S00003, cancelled'], leftovers: [] } }),
    },
  ],
  judge: inEachShop(({ results, inherited }) =>
    [...inherited.leftovers, ...results.flatMap((result) => result.leftovers)]
      .filter((each, index, all) => all.indexOf(each) === index)
      .slice(0, 50)
      .map((message) => ({
        rule: 'smoke/leftovers',
        key: message.slice(0, 200),
        severity: 'warn',
        message: `Not taken back: ${message}`,
        remedy: leftovers.remedy,
      })),
  ),
};
