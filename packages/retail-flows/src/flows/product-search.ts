import { defineFlow } from '../flow.ts';
import { money } from '../money.ts';
import { newProduct, readOne } from '../steps/catalogue.ts';

export const productSearch = defineFlow({
  name: 'product-search',
  title: 'Find a product by name, reference and barcode, with its price',
  modules: ['product'],
  writes: ['1 product (deleted)'],
  async run(visit) {
    const barcode = `${visit.mark}-4006381333931`;
    const product = await visit.prepare('a product', () => newProduct(visit, { list_price: 19.99, barcode }));
    const byName = await visit.step('search by name', () =>
      visit.call<[number, string][]>('product.product', 'name_search', { name: `${visit.mark} product` }),
    );
    visit.check(
      'found by name',
      [product.id],
      byName.map(([id]) => id),
    );
    const found = (field: string, value: string) =>
      visit.call<number[]>('product.product', 'search', { domain: [[field, '=', value]] });
    visit.check(
      'found by barcode',
      [product.id],
      await visit.step('search by barcode', () => found('barcode', barcode)),
    );
    visit.check(
      'found by reference',
      [product.id],
      await visit.step('search by reference', () => found('default_code', visit.mark)),
    );
    const { lst_price: price } = await visit.step('read the price', () =>
      readOne<{ lst_price: number }>(visit, 'product.product', product.id, ['lst_price']),
    );
    visit.check('price', money(19.99), money(price));
  },
});
