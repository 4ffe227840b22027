import type { Rule } from '@tillgate/release';
import type { SmokeSeen } from '../seen.ts';
import { exampleResult, exampleSmoke } from './example-smoke.ts';
import { inEachShop } from './in-each-shop.ts';

const stays = ['sale.order 12 (S00012), kept', 'res.partner 7 (TILLGATE-KEPT-1f-1-sale customer), kept'];

export const kept: Rule<SmokeSeen> = {
  id: 'smoke/kept',
  meaning: 'What the flows made was kept, as `keep-data` asked for.',
  why: 'It is in the stock and in the books of this copy until the copy is thrown away.',
  remedy: 'Look at what you wanted to see, and throw the copy away. All of it carries the mark TILLGATE-KEPT-.',
  bad: [
    {
      title: 'an order and its customer',
      seen: exampleSmoke({ kept: true, results: [exampleResult({ stays })] }),
      severity: 'note',
    },
  ],
  good: [{ title: 'everything was taken back', seen: exampleSmoke() }],
  judge: inEachShop(({ kept: wanted, results }) => {
    if (!wanted) return [];
    const message = `Kept: ${results.reduce((sum, result) => sum + result.stays.length, 0)} records, as asked for.`;
    return [{ rule: 'smoke/kept', key: 'kept', severity: 'note', message, remedy: kept.remedy }];
  }),
};
