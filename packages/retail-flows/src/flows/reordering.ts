import { defineFlow } from '../flow.ts';
import { create, newPartner, newProduct } from '../steps/catalogue.ts';
import { has } from '../steps/fields.ts';
import { warehouseOf } from '../steps/stock.ts';

export const reordering = defineFlow({
  name: 'reordering',
  title: 'A reordering rule asks the vendor for what is missing',
  modules: ['purchase_stock'],
  writes: ['1 product, 1 vendor (archived)', '1 reordering rule (deleted)', '1 request for quotation (cancelled)'],
  async run(visit) {
    const { product, vendor } = await visit.prepare('a product that a vendor has', async () => {
      const vendor = await newPartner(visit, 'vendor');
      const whom = (await has(visit.call, 'product.supplierinfo', 'partner_id')) ? 'partner_id' : 'name'; // up to 15
      const product = await newProduct(visit, { seller_ids: [[0, 0, { [whom]: vendor, price: 7, min_qty: 0 }]] });
      return { product, vendor };
    });
    await visit.step('a rule asks for between 5 and 12', async () => {
      const { id: warehouse, stock } = warehouseOf(visit.shop);
      const [buy] = await visit.call<{ route_id: [number, string] }[]>('stock.rule', 'search_read', {
        domain: [
          ['action', '=', 'buy'],
          ['warehouse_id', 'in', [warehouse, false]],
        ],
        fields: ['route_id'],
        limit: 1,
      });
      const rule = await create(visit, 'stock.warehouse.orderpoint', {
        product_id: product.id,
        warehouse_id: warehouse,
        location_id: stock,
        product_min_qty: 5,
        product_max_qty: 12,
        trigger: 'manual',
        ...(buy && { route_id: buy.route_id[0] }),
      });
      await visit.call('stock.warehouse.orderpoint', 'action_replenish', { ids: [rule] });
    });
    const lines = await visit.call<{ product_qty: number; partner_id: [number, string] }[]>(
      'purchase.order.line',
      'search_read',
      { domain: [['product_id', '=', product.id]], fields: ['product_qty', 'partner_id'] },
    );
    visit.check(
      'twelve are asked for',
      [12],
      lines.map(({ product_qty: quantity }) => quantity),
    );
    visit.check(
      'from the vendor who has it',
      [vendor],
      lines.map(({ partner_id: [id] }) => id),
    );
  },
});
