import { defineFlow } from '../flow.ts';
import { inCurrencyOf } from '../money.ts';
import { imbalance, openBooks, post, readEntry } from '../steps/accounting.ts';
import { newPartner, newProduct, only } from '../steps/catalogue.ts';
import { confirm, invoiceDelivered, quote } from '../steps/sales.ts';
import { count, onHand, takeBack, transfer } from '../steps/stock.ts';

export const returnAndRefund = defineFlow({
  name: 'return-and-refund',
  title: 'Take one of two back, and refund it',
  modules: ['sale_management', 'sale_stock', 'account'],
  writes: [
    '1 product, 1 customer (archived)',
    '1 order (cancelled), 1 delivery, 1 return and an adjustment back to nothing',
    '1 invoice and 1 credit note, each reversed',
  ],
  async run(visit) {
    const money = inCurrencyOf(visit.shop);
    const { product, order, delivery } = await visit.prepare('2 sold, delivered and invoiced', async () => {
      await openBooks(visit);
      const product = await newProduct(visit);
      await count(visit, product.id, 2);
      const order = await quote(visit, await newPartner(visit), { product: product.id, quantity: 2, price: 100 });
      const delivery = await confirm(visit, order);
      await transfer(visit, delivery);
      const invoice = await invoiceDelivered(visit, order);
      await post(visit, invoice);
      only((await readEntry(visit, invoice)).state === 'posted' ? [invoice] : [], 'posted invoices');
      return { product, order, delivery };
    });
    const before = await onHand(visit, product.id);
    const back = await visit.step('a return is made', () => takeBack(visit, delivery, 1));
    await visit.step('it comes in', () => transfer(visit, back));
    visit.check('stock went up by exactly one', before + 1, await onHand(visit, product.id));
    const refund = await visit.step('the credit note is made', () => invoiceDelivered(visit, order));
    await visit.step('the credit note is posted', () => post(visit, refund));
    const { move_type: type, state, amount_untaxed: amount } = await readEntry(visit, refund);
    visit.check('it is a credit note', 'out_refund', type);
    visit.check('the credit note is posted', 'posted', state);
    visit.check('one is refunded', money(100), money(amount));
    visit.check('the credit note is balanced', 0, await imbalance(visit, [refund]));
  },
});
