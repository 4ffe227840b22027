import { defineFlow } from '../flow.ts';
import { create, newProduct } from '../steps/catalogue.ts';
import { count, moveInside, onHand, onShelf, transfer, warehouseOf } from '../steps/stock.ts';

export const stockMove = defineFlow({
  name: 'stock-move',
  title: 'Move one of three to another shelf, and back',
  modules: ['stock'],
  writes: ['1 product (archived)', '1 shelf in the stock (archived)', '2 internal transfers and 2 adjustments'],
  async run(visit) {
    const { stock } = warehouseOf(visit.shop);
    const { product, shelf } = await visit.prepare('three of a product, and an empty shelf', async () => {
      const product = await newProduct(visit);
      await count(visit, product.id, 3);
      const values = { name: `${visit.mark} shelf`, location_id: stock, usage: 'internal' };
      return { product, shelf: await create(visit, 'stock.location', values) };
    });
    const there = await visit.step('a transfer to the shelf is written', () =>
      moveInside(visit, product.id, { quantity: 1, from: stock, to: shelf }),
    );
    const { state } = await visit.step('one is moved', () => transfer(visit, there));
    visit.check('the transfer is done', 'done', state);
    visit.check('exactly one is on the shelf', 1, await onShelf(visit, product.id, shelf));
    visit.check('two are where three were', 2, await onShelf(visit, product.id, stock));
    visit.check('on hand are three as before', 3, await onHand(visit, product.id));
    await visit.step('it is moved back', async () =>
      transfer(visit, await moveInside(visit, product.id, { quantity: 1, from: shelf, to: stock })),
    );
    visit.check('the shelf is empty', 0, await onShelf(visit, product.id, shelf));
    visit.check('three are where they were', 3, await onShelf(visit, product.id, stock));
  },
});
