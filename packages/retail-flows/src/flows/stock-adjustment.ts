import { defineFlow } from '../flow.ts';
import { newProduct } from '../steps/catalogue.ts';
import { count, doneField, onHand } from '../steps/stock.ts';

export const stockAdjustment = defineFlow({
  name: 'stock-adjustment',
  title: 'Count a shelf, and count it again',
  modules: ['stock'],
  writes: ['1 product (archived)', '3 inventory adjustments, the last one back to nothing'],
  async run(visit) {
    const product = await visit.prepare('a product', () => newProduct(visit));
    await visit.step('10 are counted', () => count(visit, product.id, 10));
    visit.check('10 are on hand', 10, await onHand(visit, product.id));
    await visit.step('7 are counted', () => count(visit, product.id, 7));
    visit.check('7 are on hand', 7, await onHand(visit, product.id));
    const done = await doneField(visit.call);
    const moves = await visit.call<{ [field: string]: number | string }[]>('stock.move', 'search_read', {
      domain: [['product_id', '=', product.id]],
      fields: [done, 'state'],
      order: 'id',
    });
    visit.check(
      'the books of the stock say why',
      ['10 done', '3 done'],
      moves.map(({ [done]: quantity, state }) => `${quantity} ${state}`),
    );
  },
});
