import { defineFlow } from '../flow.ts';
import { inCurrencyOf } from '../money.ts';
import { imbalance, openBooks, post, readEntry } from '../steps/accounting.ts';
import { newPartner, newProduct } from '../steps/catalogue.ts';
import { bill, order, request } from '../steps/purchases.ts';
import { onHand, transfer } from '../steps/stock.ts';

export const purchaseToBill = defineFlow({
  name: 'purchase-to-bill',
  title: 'Buy five, receive them, post the bill',
  modules: ['purchase_stock', 'account'],
  writes: ['1 product, 1 vendor (archived)', '1 purchase, 1 receipt and an adjustment back', '1 bill, reversed'],
  async run(visit) {
    const money = inCurrencyOf(visit.shop);
    const { product, vendor } = await visit.prepare('a product and a vendor', async () => {
      await openBooks(visit);
      const product = await newProduct(visit, { purchase_method: 'receive' });
      return { product, vendor: await newPartner(visit, 'vendor') };
    });
    const purchase = await visit.step('a request is written', () =>
      request(visit, vendor, { product: product.id, quantity: 5, price: 7.01 }),
    );
    const receipt = await visit.step('it is ordered', () => order(visit, purchase));
    const { state } = await visit.step('it is received', () => transfer(visit, receipt));
    visit.check('the receipt is done', 'done', state);
    visit.check('stock went up by exactly five', 5, await onHand(visit, product.id));
    const today = new Date().toISOString().slice(0, 10);
    const made = await visit.step('the bill is made', () => bill(visit, purchase, today));
    await visit.step('the bill is posted', () => post(visit, made));
    const { state: billState, amount_untaxed: amount } = await readEntry(visit, made);
    visit.check('the bill is posted', 'posted', billState);
    visit.check('5 at 7.01', money(35.05), money(amount));
    visit.check('the bill is balanced', 0, await imbalance(visit, [made]));
  },
});
