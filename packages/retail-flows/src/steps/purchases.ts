import type { Visit } from '../flow.ts';
import { create, only, readOne } from './catalogue.ts';
import { has } from './fields.ts';
import { warehouseOf } from './stock.ts';

/** A request for quotation of one line. */
export async function request(
  visit: Visit,
  vendor: number,
  line: { product: number; quantity: number; price: number },
): Promise<number> {
  const taxes = (await has(visit.call, 'purchase.order.line', 'tax_ids')) ? 'tax_ids' : 'taxes_id';
  return create(visit, 'purchase.order', {
    partner_id: vendor,
    partner_ref: visit.mark,
    picking_type_id: warehouseOf(visit.shop).receipts,
    order_line: [
      [0, 0, { product_id: line.product, product_qty: line.quantity, price_unit: line.price, [taxes]: [[6, 0, []]] }],
    ],
  });
}

/** Confirms a purchase and returns the receipt that it waits for. */
export async function order(visit: Visit, purchase: number): Promise<number> {
  await visit.call('purchase.order', 'button_confirm', { ids: [purchase] });
  const { picking_ids: receipts } = await readOne<{ picking_ids: number[] }>(visit, 'purchase.order', purchase, [
    'picking_ids',
  ]);
  return only(receipts, 'receipts of the purchase');
}

/** Makes a draft bill of what was received, dated `day`, and returns its id. */
export async function bill(visit: Visit, purchase: number, day: string): Promise<number> {
  await visit.call('purchase.order', 'action_create_invoice', { ids: [purchase] });
  const { invoice_ids: bills } = await readOne<{ invoice_ids: number[] }>(visit, 'purchase.order', purchase, [
    'invoice_ids',
  ]);
  const made = only(bills, 'bills of the purchase');
  await visit.call('account.move', 'write', { ids: [made], vals: { invoice_date: day, ref: visit.mark } });
  return made;
}
