import { defineFlow } from '../flow.ts';
import { inCurrencyOf } from '../money.ts';
import { create, newPartner, newProduct } from '../steps/catalogue.ts';
import { quote, readOrder } from '../steps/sales.ts';

export const priceList = defineFlow({
  name: 'price-list',
  title: 'A price list lowers the price of an order line',
  modules: ['sale_management'],
  writes: ['1 product, 1 customer, 1 price list (deleted or archived)', '1 quotation (deleted)'],
  async run(visit) {
    const money = inCurrencyOf(visit.shop);
    const { product, partner } = await visit.prepare('a product of 100.00 and a customer', async () => ({
      product: await newProduct(visit),
      partner: await newPartner(visit),
    }));
    const rule = { compute_price: 'percentage', percent_price: 10, applied_on: '3_global' };
    const pricelist = await visit.step('a price list of 10 % off is made', () =>
      create(visit, 'product.pricelist', { name: `${visit.mark} price list`, item_ids: [[0, 0, rule]] }),
    );
    const order = await visit.step('an order is written with it', async () =>
      readOrder(visit, await quote(visit, partner, { product: product.id, quantity: 3 }, { pricelist_id: pricelist })),
    );
    visit.check('3 at 100.00 less 10 %', money(270), money(order.amount_untaxed));
  },
});
