import { defineFlow } from '../flow.ts';
import { newPartner, newProduct } from '../steps/catalogue.ts';
import { confirm, quote } from '../steps/sales.ts';
import { count, onHand, readTransfer, transfer } from '../steps/stock.ts';

export const partialDelivery = defineFlow({
  name: 'partial-delivery',
  title: 'Deliver what is there; the rest becomes a backorder',
  modules: ['sale_management', 'sale_stock'],
  writes: ['1 product, 1 customer (archived)', '1 order (cancelled), 2 deliveries and an adjustment back to nothing'],
  async run(visit) {
    const { product, delivery } = await visit.prepare('an order of 3, of which 1 is on hand', async () => {
      const product = await newProduct(visit);
      await count(visit, product.id, 1);
      const order = await quote(visit, await newPartner(visit), { product: product.id, quantity: 3, price: 100 });
      return { product, delivery: await confirm(visit, order) };
    });
    const first = await visit.step('one is delivered', () => transfer(visit, delivery, 1));
    visit.check('the first delivery is done', 'done', first.state);
    visit.check('backorders', 1, first.backorder_ids.length);
    visit.check('nothing is on hand any more', 0, await onHand(visit, product.id));
    const [backorder] = first.backorder_ids;
    if (backorder === undefined) return;
    const waits = await visit.call<{ product_uom_qty: number }[]>('stock.move', 'search_read', {
      domain: [['picking_id', '=', backorder]],
      fields: ['product_uom_qty'],
    });
    visit.check(
      'the backorder waits for two',
      [2],
      waits.map(({ product_uom_qty: quantity }) => quantity),
    );
    await visit.prepare('2 more on hand', () => count(visit, product.id, 2));
    await visit.step('the backorder is delivered', () => transfer(visit, backorder));
    visit.check('the backorder is done', 'done', (await readTransfer(visit, backorder)).state);
    visit.check('nothing is on hand at the end', 0, await onHand(visit, product.id));
  },
});
