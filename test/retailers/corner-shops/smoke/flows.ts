// Flows of Corner Shops' own as a program: `flows-file: smoke/flows.ts`. Types are taken away before it runs, and
// everything it needs is handed to it, so that it imports nothing but types.
import type { OwnFlows } from '@tillgate/retail-flows/files';

/** From the tenth mug on, a mug is a tenth cheaper. */
const DISCOUNT = 10;

const flows: OwnFlows = ({ defineFlow, create, newPartner, newProduct, quote, readOrder, money }) => [
  defineFlow({
    name: 'by-the-dozen',
    title: 'Who buys a dozen pays less for each',
    modules: ['sale_management'],
    writes: ['1 product, 1 customer, 1 price list (deleted)', '2 quotations (deleted)'],
    async run(visit) {
      const { product, partner, prices } = await visit.prepare(
        'mugs of 20.00, a customer and a price list',
        async () => {
          const rule = {
            compute_price: 'percentage',
            percent_price: DISCOUNT,
            min_quantity: 10,
            applied_on: '3_global',
          };
          return {
            product: await newProduct(visit, { list_price: 20 }),
            partner: await newPartner(visit),
            prices: await create(visit, 'product.pricelist', {
              name: `${visit.mark} dozens`,
              item_ids: [[0, 0, rule]],
            }),
          };
        },
      );
      for (const [quantity, total] of [
        [9, 180],
        [12, 216],
      ] as const) {
        const line = { product: product.id, quantity };
        const order = await visit.step(`${quantity} are ordered`, () =>
          quote(visit, partner, line, { pricelist_id: prices }),
        );
        const { amount_untaxed: amount } = await readOrder(visit, order);
        visit.check(`${quantity} mugs`, money(total), money(amount));
      }
    },
  }),
];

export default flows;
