import { defineFlow } from '../flow.ts';
import { inCurrencyOf } from '../money.ts';
import { create, newPartner, newProduct } from '../steps/catalogue.ts';
import { enterCode, takeReward } from '../steps/loyalty.ts';
import { quote, readOrder } from '../steps/sales.ts';

export const promotion = defineFlow({
  name: 'promotion',
  title: 'A promotion code takes its discount off an order',
  modules: ['sale_loyalty'],
  writes: ['1 product, 1 customer, 1 promotion with its discount product (archived)', '1 quotation (cancelled)'],
  async run(visit) {
    const money = inCurrencyOf(visit.shop);
    const code = `${visit.mark}-CODE`;
    const { order } = await visit.prepare('an order of 200.00 and a code for 20 % off', async () => {
      const product = await newProduct(visit);
      await create(visit, 'loyalty.program', {
        name: `${visit.mark} promotion`,
        program_type: 'promo_code',
        trigger: 'with_code',
        applies_on: 'current',
        rule_ids: [[5], [0, 0, { mode: 'with_code', code, minimum_qty: 1, product_ids: [[6, 0, [product.id]]] }]],
        reward_ids: [
          [5],
          [0, 0, { reward_type: 'discount', discount: 20, discount_mode: 'percent', discount_applicability: 'order' }],
        ],
      });
      const partner = await newPartner(visit);
      return { order: await quote(visit, partner, { product: product.id, quantity: 2, price: 100 }) };
    });
    await visit.step('the code is entered', () => enterCode(visit, order, code));
    await visit.step('the discount is taken', () => takeReward(visit, order));
    const { amount_untaxed: amount } = await visit.step('the order is read', () => readOrder(visit, order));
    visit.check('200.00 less 20 %', money(160), money(amount));
  },
});
