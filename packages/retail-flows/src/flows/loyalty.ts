import { defineFlow, type Visit } from '../flow.ts';
import { inCurrencyOf } from '../money.ts';
import { create, newPartner, newProduct, only } from '../steps/catalogue.ts';
import { takeReward } from '../steps/loyalty.ts';
import { quote, readOrder } from '../steps/sales.ts';

/** Points a piece, points that the reward costs, and what it takes off. */
const [EARNED, COST, OFF] = [10, 15, 30];

export const loyalty = defineFlow({
  name: 'loyalty',
  title: 'Earn points with one order, redeem them with the next',
  modules: ['sale_loyalty'],
  writes: [
    '1 product, 1 customer (archived)',
    '1 loyalty program with 1 card (archived)',
    '2 orders (cancelled), whose points go back',
  ],
  async run(visit) {
    const money = inCurrencyOf(visit.shop);
    const { product, partner, program } = await visit.prepare(
      'a product that earns points, and a customer',
      async () => {
        const product = await newProduct(visit, { type: 'service' });
        return { product, partner: await newPartner(visit), program: await newProgram(visit, product.id) };
      },
    );
    const order = (quantity: number) => quote(visit, partner, { product: product.id, quantity, price: 100 });
    const points = async () => {
      const domain = [
        ['program_id', '=', program],
        ['partner_id', '=', partner],
      ];
      return (
        await visit.call<{ points: number }[]>('loyalty.card', 'search_read', { domain, fields: ['points'] })
      ).map((card) => card.points);
    };
    const first = await visit.prepare('an order of 2', () => order(2));
    await visit.step('the first order is confirmed', () => confirmed(visit, first));
    visit.check('2 earn points', [2 * EARNED], await points());
    const second = await visit.prepare('an order of 1', () => order(1));
    await visit.step('the points are redeemed', () => takeReward(visit, second));
    visit.check(`100.00 less ${money(OFF)}`, money(100 - OFF), money((await readOrder(visit, second)).amount_untaxed));
    visit.check('an order that is not confirmed takes no points', [2 * EARNED], await points());
    await visit.step('the second order is confirmed', () => confirmed(visit, second));
    visit.check('1 earns points, the reward costs some', [3 * EARNED - COST], await points());
    await visit.step('the second order is cancelled', () => cancelled(visit, second));
    visit.check('the points of a cancelled order are undone', [2 * EARNED], await points());
  },
});

async function newProgram(visit: Visit, product: number): Promise<number> {
  const { modules } = visit.shop;
  return create(visit, 'loyalty.program', {
    name: `${visit.mark} loyalty`,
    program_type: 'loyalty',
    trigger: 'auto',
    applies_on: 'both',
    // Nobody else's order holds the product; tills and web shop need not even look.
    ...(modules.has('pos_loyalty') && { pos_ok: false }),
    ...(modules.has('website_sale_loyalty') && { ecommerce_ok: false }),
    rule_ids: [
      [5],
      [0, 0, { reward_point_mode: 'unit', reward_point_amount: EARNED, product_ids: [[6, 0, [product]]] }],
    ],
    reward_ids: [
      [5],
      [
        0,
        0,
        {
          reward_type: 'discount',
          discount: OFF,
          discount_mode: 'per_order',
          discount_applicability: 'order',
          required_points: COST,
        },
      ],
    ],
  });
}

async function confirmed(visit: Visit, order: number): Promise<void> {
  await visit.call('sale.order', 'action_confirm', { ids: [order] });
  const { state } = await readOrder(visit, order);
  only(state === 'sale' ? [order] : [], 'confirmed orders');
}

async function cancelled(visit: Visit, order: number): Promise<void> {
  await visit.call('sale.order', 'action_cancel', { ids: [order], context: { disable_cancel_warning: true } });
}
