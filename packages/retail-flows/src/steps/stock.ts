import type { Visit } from '../flow.ts';
import type { Shop } from '../shop.ts';
import { Unexpected } from '../visit.ts';
import { create, only, readOne } from './catalogue.ts';
import { has, since } from './fields.ts';

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
  if (await isAppliedApart(visit.call)) await visit.call('stock.quant', 'action_apply_inventory', { ids: [quant] });
}

/** Whether a count only counts once it is applied; up to Odoo 14 it does so at once. */
export const isAppliedApart = (call: Visit['call']): Promise<boolean> =>
  has(call, 'stock.quant', 'inventory_quantity_set');

/** The field of a stock move that says how much of it is done. */
export const doneField = async (call: Visit['call']): Promise<'quantity' | 'quantity_done'> =>
  (await has(call, 'stock.move', 'picked')) ? 'quantity' : 'quantity_done'; // up to Odoo 16

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

/** What is in one place of a product, without the places inside it. */
export async function onShelf(visit: Visit, product: number, place: number): Promise<number> {
  const quants = await visit.call<{ quantity: number }[]>('stock.quant', 'search_read', {
    domain: [
      ['product_id', '=', product],
      ['location_id', '=', place],
    ],
    fields: ['quantity'],
  });
  return quants.reduce((sum, { quantity }) => sum + quantity, 0);
}

/** Writes and confirms an internal transfer; it then waits for `transfer`. Returns its id. */
export async function moveInside(
  visit: Visit,
  product: number,
  { quantity, from, to }: { quantity: number; from: number; to: number },
): Promise<number> {
  const { name, id: warehouse } = warehouseOf(visit.shop);
  const kinds = await visit.call<number[]>('stock.picking.type', 'search', {
    domain: [
      ['code', '=', 'internal'],
      ['warehouse_id', '=', warehouse],
    ],
    context: { active_test: false }, // shops with one shelf do not use it
    order: 'id',
    limit: 1,
  });
  const { uom_id: unit } = await readOne<{ uom_id: [number, string] }>(visit, 'product.product', product, ['uom_id']);
  const places = { location_id: from, location_dest_id: to };
  const isNamed = await has(visit.call, 'stock.move', 'name'); // up to Odoo 18, and must be
  const move = {
    ...places,
    product_id: product,
    product_uom_qty: quantity,
    product_uom: unit[0],
    ...(isNamed && { name: visit.mark }),
  };
  const moves = (await has(visit.call, 'stock.picking', 'move_ids')) ? 'move_ids' : 'move_lines'; // up to Odoo 15
  const kind = only(kinds, `internal transfers of the warehouse ${name}`);
  const picking = await create(visit, 'stock.picking', {
    ...places,
    picking_type_id: kind,
    origin: visit.mark,
    [moves]: [[0, 0, move]],
  });
  await visit.call('stock.picking', 'action_confirm', { ids: [picking] });
  return picking;
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
  const field = await doneField(visit.call);
  const vals = { [field]: done, ...(field === 'quantity' && { picked: true }) };
  await visit.call('stock.move', 'write', { ids: [move.id], vals });
  const answer = await visit.call<true | { res_model?: string; context?: Record<string, unknown> }>(
    'stock.picking',
    'button_validate',
    { ids: [picking] },
  );
  if (typeof answer === 'object' && answer?.res_model === 'stock.backorder.confirmation') {
    const context = answer.context ?? {};
    const values = {
      pick_ids: [[6, 0, [picking]]],
      backorder_confirmation_line_ids: [[0, 0, { picking_id: picking, to_backorder: true }]],
    };
    // The links of a wizard's form come from its context, and are told to `process` in the same way.
    const wizard = await create(visit, 'stock.backorder.confirmation', values, context);
    await visit.call('stock.backorder.confirmation', 'process', { ids: [wizard], context });
  }
  return readTransfer(visit, picking);
}

/** Makes the return of so many out of a delivery of one product, to be refunded. Returns the transfer that brings them. */
export async function takeBack(visit: Visit, delivery: number, quantity: number): Promise<number> {
  const context = { active_id: delivery, active_ids: [delivery], active_model: 'stock.picking' };
  const values = { picking_id: delivery, ...(await returnPlace(visit, delivery)) };
  const wizard = await create(visit, 'stock.return.picking', values, context);
  const ids = await visit.call<number[]>('stock.return.picking.line', 'search', {
    domain: [['wizard_id', '=', wizard]],
  });
  const line = ids.length > 0 ? only(ids, 'lines to return') : await lineOf(visit, wizard, delivery);
  await visit.call('stock.return.picking.line', 'write', { ids: [line], vals: { quantity, to_refund: true } });
  const method = since(visit, 18) ? 'action_create_returns' : 'create_returns';
  const answer = await visit.call<{ res_id: number }>('stock.return.picking', method, { ids: [wizard], context });
  return answer.res_id;
}

/** Where it goes back to, for versions whose wizard wants to know: where it came from. */
async function returnPlace(visit: Visit, delivery: number): Promise<object> {
  if (!(await has(visit.call, 'stock.return.picking', 'location_id'))) return {};
  type Row = { location_id: [number, string] };
  const { location_id: place } = await readOne<Row>(visit, 'stock.picking', delivery, ['location_id']);
  return { location_id: place[0] };
}

/** Older versions fill the wizard in the browser: then the line is written here. */
async function lineOf(visit: Visit, wizard: number, delivery: number): Promise<number> {
  const move = only(
    await visit.call<{ id: number; product_id: [number, string] }[]>('stock.move', 'search_read', {
      domain: [['picking_id', '=', delivery]],
      fields: ['product_id'],
    }),
    'moves of the delivery',
  );
  const values = { wizard_id: wizard, move_id: move.id, product_id: move.product_id[0], quantity: 0 };
  return create(visit, 'stock.return.picking.line', values);
}
