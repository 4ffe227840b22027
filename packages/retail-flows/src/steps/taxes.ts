import type { Visit } from '../flow.ts';
import { cents } from '../money.ts';
import { only, readOne } from './catalogue.ts';

interface Tax {
  id: number;
  amount: number;
  price_include: boolean;
}

/** The tax that the company sells with: one percentage. @throws Unexpected if it is something else */
export async function salesTax(visit: Visit): Promise<Tax & { rounding: string }> {
  const { account_sale_tax_id: chosen, tax_calculation_rounding_method: rounding } = await readOne<{
    account_sale_tax_id: [number, string] | false;
    tax_calculation_rounding_method: string;
  }>(visit, 'res.company', visit.shop.company.id, ['account_sale_tax_id', 'tax_calculation_rounding_method']);
  const id = only(chosen ? [chosen[0]] : [], 'taxes on sales');
  const tax = await readOne<Tax & { amount_type: string }>(visit, 'account.tax', id, [
    'amount',
    'amount_type',
    'price_include',
  ]);
  only(tax.amount_type === 'percent' ? [tax] : [], 'taxes of a percentage');
  return { ...tax, rounding };
}

/** Untaxed, tax and total of one line, as text; of one line, rounding by line and by document are the same. */
export function taxed(amount: number, { amount: percent, price_include: included }: Tax, decimals: number) {
  const given = cents(amount, decimals);
  const part = included ? percent / (100 + percent) : percent / 100;
  const tax = cents(given * part, 0);
  const untaxed = included ? given - tax : given;
  const text = (value: number) => (value / 10 ** decimals).toFixed(decimals);
  return { untaxed: text(untaxed), tax: text(tax), total: text(untaxed + tax) };
}
