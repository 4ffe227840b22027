import type { Visit } from '../flow.ts';
import { create, only, readOne } from './catalogue.ts';

interface OrderLine {
  product: number;
  quantity: number;
  /** Absent: what the price list says. */
  price?: number;
}

/** A quotation of one line. */
export function quote(visit: Visit, partner: number, line: OrderLine, values: object = {}): Promise<number> {
  const { warehouse } = visit.shop;
  return create(visit, 'sale.order', {
    partner_id: partner,
    client_order_ref: visit.mark,
    ...(warehouse && visit.shop.modules.has('sale_stock') && { warehouse_id: warehouse.id }),
    ...values,
    order_line: [
      [
        0,
        0,
        {
          product_id: line.product,
          product_uom_qty: line.quantity,
          ...(line.price !== undefined && { price_unit: line.price }),
        },
      ],
    ],
  });
}

export interface Order {
  state: string;
  amount_untaxed: number;
  amount_tax: number;
  amount_total: number;
  invoice_status: string;
  invoice_ids: number[];
  picking_ids: number[];
}

export const readOrder = (visit: Visit, id: number): Promise<Order> =>
  readOne<Order>(visit, 'sale.order', id, [
    'state',
    'amount_untaxed',
    'amount_tax',
    'amount_total',
    'invoice_status',
    'invoice_ids',
    'picking_ids',
  ]);

/** Confirms a quotation and returns the delivery that it asks for. */
export async function confirm(visit: Visit, order: number): Promise<number> {
  await visit.call('sale.order', 'action_confirm', { ids: [order] });
  return only((await readOrder(visit, order)).picking_ids, 'deliveries of the order');
}

/** Makes a draft invoice (or credit note) of what was delivered (or came back) and returns its id. */
export async function invoiceDelivered(visit: Visit, order: number): Promise<number> {
  const before = (await readOrder(visit, order)).invoice_ids;
  const context = { active_model: 'sale.order', active_id: order, active_ids: [order] };
  const wizard = await create(visit, 'sale.advance.payment.inv', { advance_payment_method: 'delivered' }, context);
  await visit.call('sale.advance.payment.inv', 'create_invoices', { ids: [wizard], context });
  const { invoice_ids: after } = await readOrder(visit, order);
  return only(
    after.filter((id) => !before.includes(id)),
    'new invoices of the order',
  );
}
