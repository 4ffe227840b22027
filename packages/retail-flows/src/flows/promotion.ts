import { defineFlow } from '../flow.ts';
import { money } from '../money.ts';
import { create, newPartner, newProduct, only } from '../steps/catalogue.ts';
import { quote, readOrder } from '../steps/sales.ts';

export const promotion = defineFlow({
  name: 'promotion',
  title: 'A promotion code takes its discount off an order',
  modules: ['sale_loyalty'],
  writes: ['1 product, 1 customer, 1 promotion with its discount product (archived)', '1 quotation (cancelled)'],
  async run(visit) {
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
    await visit.step('the code is entered', async () => {
      const wizard = await create(visit, 'sale.loyalty.coupon.wizard', { order_id: order, coupon_code: code });
      await visit.call('sale.loyalty.coupon.wizard', 'action_apply', { ids: [wizard] });
    });
    await visit.step('the discount is taken', async () => {
      const context = { active_id: order, active_model: 'sale.order' };
      const wizard = await create(visit, 'sale.loyalty.reward.wizard', { order_id: order }, context);
      const [{ reward_ids: rewards } = { reward_ids: [] }] = await visit.call<{ reward_ids: number[] }[]>(
        'sale.loyalty.reward.wizard',
        'read',
        { ids: [wizard], fields: ['reward_ids'] },
      );
      if (rewards.length === 0) return; // a single reward was taken when the code was entered
      await visit.call('sale.loyalty.reward.wizard', 'write', {
        ids: [wizard],
        vals: { selected_reward_id: only(rewards, 'rewards of the code') },
      });
      await visit.call('sale.loyalty.reward.wizard', 'action_apply', { ids: [wizard] });
    });
    const { amount_untaxed: amount } = await visit.step('the order is read', () => readOrder(visit, order));
    visit.check('200.00 less 20 %', money(160), money(amount));
  },
});
