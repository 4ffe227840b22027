import { defineFlow } from '../flow.ts';
import { inCurrencyOf } from '../money.ts';
import { readEntry } from '../steps/accounting.ts';
import { create, newPartner, newProduct } from '../steps/catalogue.ts';
import { salesTax, taxed } from '../steps/taxes.ts';

/** Prices at which rounding matters, and how many of them are sold. */
const LINES = [
  { price: 19.99, quantity: 3 },
  { price: 0.35, quantity: 7 },
  { price: 1234.56, quantity: 1 },
];

export const taxTotals = defineFlow({
  name: 'tax-totals',
  title: "The shop's sales tax comes out to the cent",
  modules: ['account'],
  writes: ['1 product, 1 customer (deleted)', '3 draft invoices (deleted)'],
  async run(visit) {
    const money = inCurrencyOf(visit.shop);
    const { product, partner, tax } = await visit.prepare('the tax on sales of the company', async () => ({
      tax: await salesTax(visit),
      product: await newProduct(visit),
      partner: await newPartner(visit),
    }));
    for (const { price: exact, quantity } of LINES) {
      const price = Number(money(exact)); // nobody is asked for parts of a yen
      const what = `${quantity} at ${price}`;
      const invoice = await visit.step(`an invoice of ${what} is written`, () =>
        create(visit, 'account.move', {
          move_type: 'out_invoice',
          partner_id: partner,
          ref: visit.mark,
          invoice_line_ids: [
            [0, 0, { product_id: product.id, quantity, price_unit: price, tax_ids: [[6, 0, [tax.id]]] }],
          ],
        }),
      );
      const seen = await readEntry(visit, invoice);
      const expected = taxed(price * quantity, tax, visit.shop.currency.decimals);
      visit.check(`${what}: untaxed (rounded ${tax.rounding})`, expected.untaxed, money(seen.amount_untaxed));
      visit.check(`${what}: tax of ${tax.amount} %`, expected.tax, money(seen.amount_tax));
      visit.check(`${what}: total`, expected.total, money(seen.amount_total));
    }
  },
});
