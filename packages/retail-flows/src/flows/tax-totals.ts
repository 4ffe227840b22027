import { defineFlow } from '../flow.ts';
import { cents, money } from '../money.ts';
import { readEntry } from '../steps/accounting.ts';
import { create, newPartner, newProduct, only, readOne } from '../steps/catalogue.ts';

/** Prices at which rounding matters, and how many of them are sold. */
const LINES = [
  { price: 19.99, quantity: 3 },
  { price: 0.35, quantity: 7 },
  { price: 1234.56, quantity: 1 },
];

interface Tax {
  id: number;
  amount: number;
  amount_type: string;
  price_include: boolean;
}

export const taxTotals = defineFlow({
  name: 'tax-totals',
  title: "The shop's sales tax comes out to the cent",
  modules: ['account'],
  writes: ['1 product, 1 customer (deleted)', '3 draft invoices (deleted)'],
  async run(visit) {
    const { product, partner, tax, rounding } = await visit.prepare('the tax on sales of the company', async () => {
      const company = await readOne<{
        account_sale_tax_id: [number, string] | false;
        tax_calculation_rounding_method: string;
      }>(visit, 'res.company', visit.shop.company.id, ['account_sale_tax_id', 'tax_calculation_rounding_method']);
      const id = only(company.account_sale_tax_id ? [company.account_sale_tax_id[0]] : [], 'taxes on sales');
      const tax = await readOne<Tax>(visit, 'account.tax', id, ['amount', 'amount_type', 'price_include']);
      only(tax.amount_type === 'percent' ? [tax] : [], 'taxes of a percentage');
      return {
        product: await newProduct(visit),
        partner: await newPartner(visit),
        tax,
        rounding: company.tax_calculation_rounding_method,
      };
    });
    for (const { price, quantity } of LINES) {
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
      visit.check(`${what}: untaxed (rounded ${rounding})`, expected.untaxed, money(seen.amount_untaxed));
      visit.check(`${what}: tax of ${tax.amount} %`, expected.tax, money(seen.amount_tax));
      visit.check(`${what}: total`, expected.total, money(seen.amount_total));
    }
  },
});

/** Untaxed, tax and total of one line; of one line, rounding by line and by document are the same. */
function taxed(amount: number, { amount: percent, price_include: included }: Tax, decimals: number) {
  const given = cents(amount, decimals);
  const part = included ? percent / (100 + percent) : percent / 100;
  const tax = cents((included ? given : cents(amount, decimals)) * part, 0);
  const untaxed = included ? given - tax : given;
  const text = (value: number) => (value / 10 ** decimals).toFixed(decimals);
  return { untaxed: text(untaxed), tax: text(tax), total: text(untaxed + tax) };
}
