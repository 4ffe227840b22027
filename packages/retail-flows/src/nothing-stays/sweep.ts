import { OdooError } from '@tillgate/odoo';
import type { FlowResult, Marked, Visit } from '../flow.ts';
import { existing } from '../steps/fields.ts';
import { isAppliedApart } from '../steps/stock.ts';
import { neutralizeAccounting } from './accounting.ts';
import { putTillsAway } from './tills.ts';

type Call = Visit['call'];
type Left = Pick<FlowResult, 'stays' | 'leftovers'>;

/** What a sweep works with. */
export interface Broom extends Left {
  call: Call;
  modules: ReadonlySet<string>;
  /** Ids of a model's active records that fit. */
  find(model: string, domain: unknown[]): Promise<number[]>;
  /** Does one part; what goes wrong is a leftover, and the other parts go on. */
  part(what: string, work: () => Promise<void>): Promise<void>;
}

/**
 * Takes back everything that carries a mark: cancels, reverses, counts back to nothing, deletes what may be
 * deleted and archives the rest. It works from the marks alone, so that it cleans up after a killed
 * run as well. Customers and products go last: as long as they are active, there is something to do.
 *
 * @param pattern a mark, or a pattern of `=like`
 * @param marked further models, which own flows have marked
 */
export async function sweep(
  call: Call,
  modules: ReadonlySet<string>,
  pattern: string,
  marked: readonly Marked[],
): Promise<Left> {
  const broom: Broom = {
    stays: [],
    leftovers: [],
    call,
    modules,
    find: (model, domain) => call<number[]>(model, 'search', { domain }),
    async part(what, work) {
      try {
        await work();
      } catch (cause) {
        if (!(cause instanceof OdooError)) throw cause;
        broom.leftovers.push(`${what}: ${cause.message}`);
      }
    },
  };
  const { find, part } = broom;
  for (const { model, field } of marked) {
    await part(model, async () => removeOrArchive(broom, model, await find(model, markedIn(field, pattern))));
  }
  if (!modules.has('product')) return { stays: broom.stays, leftovers: broom.leftovers };
  const products = await find('product.product', [['default_code', '=like', pattern]]);
  const partners = await find('res.partner', [['ref', '=like', pattern]]);
  if (modules.has('point_of_sale')) await part('till', () => putTillsAway(broom, pattern));
  if (products.length + partners.length > 0) {
    if (modules.has('sale')) await part('orders', () => cancelOrders(broom, partners, products));
    if (modules.has('account')) await part('accounting', () => neutralizeAccounting(broom, partners));
    if (modules.has('purchase')) await part('purchases', () => cancelPurchases(broom, partners, products));
    if (modules.has('stock')) await part('stock', () => emptyStock(broom, products));
  }
  const named = [['name', '=like', `${pattern} %`]];
  if (modules.has('stock')) {
    await part('shelves', async () => removeOrArchive(broom, 'stock.location', await find('stock.location', named)));
  }
  if (modules.has('loyalty')) await part('promotions', () => removePromotions(broom, named));
  await part('price lists', async () =>
    removeOrArchive(broom, 'product.pricelist', await find('product.pricelist', named)),
  );
  await part('products', () => removeOrArchive(broom, 'product.product', products));
  await part('customers', () => removeOrArchive(broom, 'res.partner', partners));
  return { stays: broom.stays, leftovers: broom.leftovers };
}

/** Records whose field is the mark, or begins with it and a blank: marks of other flows may begin alike. */
function markedIn(field: string, pattern: string): unknown[] {
  return ['|', [field, '=like', pattern], [field, '=like', `${pattern} %`]];
}

/** Deletes what nothing else refers to; the rest is archived, out of everybody's way. */
async function removeOrArchive({ call, stays }: Broom, model: string, ids: readonly number[]): Promise<void> {
  for (const id of ids) {
    try {
      await call(model, 'unlink', { ids: [id] });
    } catch (cause) {
      if (!(cause instanceof OdooError) || cause.outcomeUnknown) throw cause;
      await call(model, 'action_archive', { ids: [id] });
      stays.push(`${model} ${id}, archived`);
    }
  }
}

async function cancelOrders(broom: Broom, partners: readonly number[], products: readonly number[]): Promise<void> {
  const { call, stays } = broom;
  const context = { disable_cancel_warning: true };
  const carts = await cartsOf(broom, products);
  const locks = await existing(call, 'sale.order', ['locked']); // up to Odoo 16, a locked order is `done`
  const orders = await call<{ id: number; name: string; state: string; locked?: boolean }[]>(
    'sale.order',
    'search_read',
    {
      domain: ['|', ['partner_id', 'in', partners], ['id', 'in', carts]],
      fields: ['name', 'state', ...locks],
    },
  );
  for (const { id, name, state, locked = state === 'done' } of orders) {
    if (locked) await call('sale.order', 'action_unlock', { ids: [id] });
    if (state !== 'cancel') await call('sale.order', 'action_cancel', { ids: [id], context });
    if (state === 'draft') await call('sale.order', 'unlink', { ids: [id] });
    else stays.push(`order ${name}, cancelled`);
  }
}

/** Carts of strangers, which no customer marks: those that hold products of the flows and nothing else. */
async function cartsOf({ modules, call, find }: Broom, products: readonly number[]): Promise<number[]> {
  if (!modules.has('website_sale') || products.length === 0) return [];
  const holding = await find('sale.order', [
    ['website_id', '!=', false],
    ['state', 'in', ['draft', 'sent']],
    ['order_line.product_id', 'in', products],
  ]);
  const others = await call<{ order_id: [number, string] }[]>('sale.order.line', 'search_read', {
    domain: [
      ['order_id', 'in', holding],
      ['product_id', 'not in', products],
    ],
    fields: ['order_id'],
  });
  const shared = new Set(others.map(({ order_id: [id] }) => id));
  return holding.filter((id) => !shared.has(id));
}

async function cancelPurchases(broom: Broom, partners: readonly number[], products: readonly number[]): Promise<void> {
  const { call, stays } = broom;
  if (broom.modules.has('stock')) {
    const rules = await broom.find('stock.warehouse.orderpoint', [['product_id', 'in', products]]);
    if (rules.length > 0) await call('stock.warehouse.orderpoint', 'unlink', { ids: rules });
  }
  const purchases = await call<{ id: number; name: string; invoice_ids: number[]; state: string }[]>(
    'purchase.order',
    'search_read',
    { domain: [['partner_id', 'in', partners]], fields: ['name', 'invoice_ids', 'state'] },
  );
  for (const { id, name, invoice_ids: bills, state } of purchases) {
    const unbilled = bills.length === 0;
    if (unbilled && state !== 'cancel') await call('purchase.order', 'button_cancel', { ids: [id] });
    // Odoo cancels no purchase that has a posted bill; the bill is reversed, and nothing is owed.
    stays.push(`purchase ${name}, ${unbilled ? 'cancelled' : 'its bill reversed'}`);
  }
}

async function emptyStock({ call, find, stays }: Broom, products: readonly number[]): Promise<void> {
  const waiting = await call<{ picking_id: [number, string] | false }[]>('stock.move', 'search_read', {
    domain: [
      ['product_id', 'in', products],
      ['state', 'not in', ['done', 'cancel']],
    ],
    fields: ['picking_id'],
  });
  const open = [...new Set(waiting.flatMap(({ picking_id: picking }) => (picking ? [picking[0]] : [])))];
  if (open.length > 0) await call('stock.picking', 'action_cancel', { ids: open });
  const quants = await find('stock.quant', [
    ['product_id', 'in', products],
    ['location_id.usage', '=', 'internal'],
    ['quantity', '!=', 0],
  ]);
  const context = { inventory_mode: true };
  for (const id of quants) {
    await call('stock.quant', 'write', { ids: [id], vals: { inventory_quantity: 0 }, context });
    if (await isAppliedApart(call)) await call('stock.quant', 'action_apply_inventory', { ids: [id], context });
  }
  const moves = await find('stock.move', [['product_id', 'in', products]]);
  if (moves.length > 0) stays.push(`${moves.length} stock moves, which come to nothing`);
}

async function removePromotions(broom: Broom, named: unknown[]): Promise<void> {
  const { call, find } = broom;
  const programs = await find('loyalty.program', named);
  if (programs.length === 0) return;
  const rewards = await call<{ discount_line_product_id: [number, string] | false }[]>(
    'loyalty.reward',
    'search_read',
    {
      domain: [['program_id', 'in', programs]],
      fields: ['discount_line_product_id'],
    },
  );
  await removeOrArchive(broom, 'loyalty.card', await find('loyalty.card', [['program_id', 'in', programs]]));
  await call('loyalty.program', 'action_archive', { ids: programs });
  await removeOrArchive(broom, 'loyalty.program', programs);
  // Odoo makes a product for the discount of each reward.
  const products = rewards.flatMap(({ discount_line_product_id: made }) => (made ? [made[0]] : []));
  await removeOrArchive(broom, 'product.product', products);
}
