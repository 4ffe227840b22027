import type { Visit } from '../flow.ts';
import type { Shop } from '../shop.ts';
import { Unexpected } from '../visit.ts';
import { create, only, readOne } from './catalogue.ts';

/** The warehouse that the flows work in. @throws Unexpected */
export function warehouseOf(shop: Shop): NonNullable<Shop['warehouse']> {
  if (!shop.warehouse) throw new Unexpected('The shop has no warehouse.');
  return shop.warehouse;
}

/** Counts a product: from now on so much of it is on hand. */
export async function count(visit: Visit, product: number, quantity: number): Promise<void> {
  const { stock } = warehouseOf(visit.shop);
  const context = { inventory_mode: true };
  const values = { product_id: product, location_id: stock, inventory_quantity: quantity };
  const quant = await create(visit, 'stock.quant', values, context);
  await visit.call('stock.quant', 'action_apply_inventory', { ids: [quant] });
}

/** What is on hand of a product in the warehouse's stock, by the quants themselves. */
export async function onHand(visit: Visit, product: number): Promise<number> {
  const quants = await visit.call<{ quantity: number }[]>('stock.quant', 'search_read', {
    domain: [
      ['product_id', '=', product],
      ['location_id', 'child_of', warehouseOf(visit.shop).stock],
    ],
    fields: ['quantity'],
  });
  return quants.reduce((sum, { quantity }) => sum + quantity, 0);
}

/** A transfer's state and its backorders. */
export interface Transfer {
  id: number;
  state: string;
  backorder_ids: number[];
}

export const readTransfer = (visit: Visit, id: number): Promise<Transfer> =>
  readOne<Transfer>(visit, 'stock.picking', id, ['state', 'backorder_ids']);

/**
 * Picks and validates a transfer: all that is asked for, or less. With less, what is missing becomes a
 * backorder, as the person at the shelf would choose.
 */
export async function transfer(visit: Visit, picking: number, quantity?: number): Promise<Transfer> {
  const move = only(
    await visit.call<{ id: number; product_uom_qty: number }[]>('stock.move', 'search_read', {
      domain: [['picking_id', '=', picking]],
      fields: ['product_uom_qty'],
    }),
    `moves of transfer ${picking}`,
  );
  const done = quantity ?? move.product_uom_qty;
  await visit.call('stock.move', 'write', { ids: [move.id], vals: { quantity: done, picked: true } });
  const answer = await visit.call<true | { res_model?: string; context?: Record<string, unknown> }>(
    'stock.picking',
    'button_validate',
    { ids: [picking] },
  );
  if (typeof answer === 'object' && answer?.res_model === 'stock.backorder.confirmation') {
    const context = answer.context ?? {};
    // The links of a wizard's form come from its context, and are told to `process` in the same way.
    const wizard = await create(visit, 'stock.backorder.confirmation', { pick_ids: [[6, 0, [picking]]] }, context);
    await visit.call('stock.backorder.confirmation', 'process', { ids: [wizard], context });
  }
  return readTransfer(visit, picking);
}
