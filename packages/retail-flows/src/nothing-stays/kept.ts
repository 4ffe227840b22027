import type { Marked, Visit } from '../flow.ts';

/** Where things of the shop's own business carry the mark, by the module that has them. */
const PLACES: readonly { module: string; model: string; field: string; shows: string }[] = [
  { module: 'product', model: 'product.product', field: 'default_code', shows: 'display_name' },
  { module: 'base', model: 'res.partner', field: 'ref', shows: 'display_name' },
  { module: 'product', model: 'product.pricelist', field: 'name', shows: 'display_name' },
  { module: 'loyalty', model: 'loyalty.program', field: 'name', shows: 'display_name' },
  { module: 'sale', model: 'sale.order', field: 'partner_id.ref', shows: 'name' },
  { module: 'purchase', model: 'purchase.order', field: 'partner_id.ref', shows: 'name' },
  { module: 'account', model: 'account.move', field: 'partner_id.ref', shows: 'name' },
  { module: 'stock', model: 'stock.picking', field: 'move_ids.product_id.default_code', shows: 'name' },
  { module: 'point_of_sale', model: 'pos.order', field: 'lines.product_id.default_code', shows: 'name' },
];

/** Everything that carries a mark and is kept, one line a record. It writes nothing. */
export async function listKept(
  call: Visit['call'],
  modules: ReadonlySet<string>,
  mark: string,
  marked: readonly Marked[],
): Promise<string[]> {
  const own = marked.map(({ model, field }) => ({ module: 'base', model, field, shows: 'display_name' }));
  const kept: string[] = [];
  for (const { module, model, field, shows } of [...PLACES, ...own]) {
    if (!modules.has(module)) continue;
    const domain = ['|', [field, '=', mark], [field, '=like', `${mark} %`]];
    const rows = await call<{ id: number; [field: string]: unknown }[]>(model, 'search_read', {
      domain,
      fields: [shows],
      order: 'id',
    });
    for (const row of rows) kept.push(`${model} ${row.id} (${String(row[shows] || 'draft')}), kept`);
  }
  return kept;
}
