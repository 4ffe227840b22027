import { defineFlow } from '../flow.ts';
import { inCurrencyOf } from '../money.ts';
import { brokenNumbers, imbalance, openBooks, pay, post, readEntry } from '../steps/accounting.ts';
import { newPartner, newProduct } from '../steps/catalogue.ts';
import { confirm, invoiceDelivered, quote, readOrder } from '../steps/sales.ts';
import { count, onHand, transfer } from '../steps/stock.ts';

export const saleToPayment = defineFlow({
  name: 'sale-to-payment',
  title: 'Sell one, deliver it, invoice it, get paid; twice',
  modules: ['sale_management', 'sale_stock', 'account'],
  writes: [
    '1 product, 1 customer (archived)',
    '2 orders (cancelled), 2 deliveries and an inventory adjustment back to nothing',
    '2 invoices with credit notes, 2 payments (cancelled)',
  ],
  async run(visit) {
    const money = inCurrencyOf(visit.shop);
    const { product, partner } = await visit.prepare('a customer and a product, 10 on hand', async () => {
      await openBooks(visit);
      const made = { product: await newProduct(visit), partner: await newPartner(visit) };
      await count(visit, made.product.id, 10);
      return made;
    });
    const sell = async () => {
      const order = await visit.step('an order is written', () =>
        quote(visit, partner, { product: product.id, quantity: 1, price: 100 }),
      );
      const before = await onHand(visit, product.id);
      const delivery = await visit.step('it is confirmed', () => confirm(visit, order));
      visit.check('confirming alone moves no stock', before, await onHand(visit, product.id));
      const { state } = await visit.step('it is delivered', () => transfer(visit, delivery));
      visit.check('the delivery is done', 'done', state);
      visit.check('stock went down by exactly one', before - 1, await onHand(visit, product.id));
      const invoice = await visit.step('it is invoiced', () => invoiceDelivered(visit, order));
      await visit.step('the invoice is posted', () => post(visit, invoice));
      const posted = await readEntry(visit, invoice);
      visit.check('the invoice is posted', 'posted', posted.state);
      visit.check('the invoice has the amount of the order', money(100), money(posted.amount_untaxed));
      visit.check('the invoice is balanced', 0, await imbalance(visit, [invoice]));
      await visit.step('it is paid', () => pay(visit, invoice));
      const { payment_state: payment } = await readEntry(visit, invoice);
      // `in_payment` is what it says until the bank statement is there, where bookkeeping waits for it.
      visit.check('the invoice is paid', true, ['paid', 'in_payment'].includes(payment));
      visit.check('nothing is left to invoice', 'invoiced', (await readOrder(visit, order)).invoice_status);
      return posted;
    };
    const [first, second] = [await sell(), await sell()];
    visit.check('numbers missing or doubled between the invoices', 0, await brokenNumbers(visit, first, second));
  },
});
