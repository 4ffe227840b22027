import { defineFlow, type Visit } from '../flow.ts';
import { inCurrencyOf } from '../money.ts';
import { imbalance, openBooks, readEntry } from '../steps/accounting.ts';
import { create, newPartner, newProduct, only, readOne } from '../steps/catalogue.ts';
import { count, onHand } from '../steps/stock.ts';
import { close, ringUp, type TillLine, till } from '../steps/till.ts';

export const posSession = defineFlow({
  name: 'pos-session',
  title: 'Open a till, sell two and take them back, sell one with an invoice, count the cash and close',
  modules: ['point_of_sale'],
  since: 18, // before, tills spoke another protocol
  writes: [
    'a till with a cash journal (archived, and used again by the next run)',
    '1 product, 1 customer (archived)',
    '1 closed session with two sales and what takes them back; its journal entries cancel out',
    '1 invoice and its credit note',
  ],
  async run(visit) {
    const money = inCurrencyOf(visit.shop);
    const { product, partner, place } = await visit.prepare('a till, a customer, and 5 of a product', async () => {
      await openBooks(visit);
      const product = await newProduct(visit, { available_in_pos: true });
      await count(visit, product.id, 5);
      return { product, partner: await newPartner(visit), place: await till(visit) };
    });
    const session = await visit.step('a session is opened with 100.00', async () => {
      const id = await create(visit, 'pos.session', { config_id: place.config });
      await visit.call('pos.session', 'set_opening_control', { ids: [id], cashbox_value: 100, notes: visit.mark });
      return id;
    });
    const ring = (line: Omit<TillLine, 'product'>) =>
      ringUp(visit.call, session, place.cash, { product: product.id, ...line });
    const states = () => readOne<Session>(visit, 'pos.session', session, SESSION);
    visit.check('the session is open', 'opened', (await states()).state);
    const sale = await visit.step('two are sold', () => ring({ quantity: 2, price: 50 }));
    const { lines, amount_total: amount } = await readReceipt(visit, sale);
    visit.check('2 at 50.00', money(100), money(amount));
    const line = only(lines, 'lines of the sale');
    await visit.step('one is taken back', () => ring({ quantity: -1, price: 50, refunds: line }));
    visit.check('refunded of the line', 1, await refunded(line));
    // Everything comes back, so that the day's takings are nothing.
    await visit.step('the other one is taken back', () => ring({ quantity: -1, price: 50, refunds: line }));
    const billed = await visit.step('one is sold with an invoice', () =>
      ring({ quantity: 1, price: 50, invoice: partner }),
    );
    const invoice = await invoiceOf(billed, 'the invoice', 'out_invoice');
    visit.check('the invoice is paid', true, ['paid', 'in_payment'].includes(invoice?.payment_state ?? ''));
    const { lines: sold } = await readReceipt(visit, billed);
    const returned = await visit.step('it is taken back with a credit note', () =>
      ring({ quantity: -1, price: 50, invoice: partner, refunds: only(sold, 'lines of the invoiced sale') }),
    );
    await invoiceOf(returned, 'the credit note', 'out_refund');
    const answer = await visit.step('the cash is counted and the session closed', () =>
      close(visit.call, session, 100, visit.mark),
    );
    visit.check('the till agrees to close', 'closed', answer);
    const end = await states();
    visit.check('the session is closed', 'closed', end.state);
    visit.check('the cash is what it should be', money(0), money(end.cash_register_difference));
    visit.check('stock is what it was', 5, await onHand(visit, product.id));
    if (end.move_id) visit.check('the entry of the session is balanced', 0, await imbalance(visit, [end.move_id[0]]));

    /** Looks at the entry that the till made of a sale or a return. */
    async function invoiceOf(order: number, what: string, type: string) {
      const { account_move: id } = await readReceipt(visit, order);
      const entry = id ? await readEntry(visit, id[0]) : undefined;
      visit.check(
        `${what} of the till: kind, state, amount`,
        `${type}, posted, ${money(50)}`,
        entry ? `${entry.move_type}, ${entry.state}, ${money(entry.amount_total)}` : 'there is none',
      );
      if (id) visit.check(`${what} of the till is balanced`, 0, await imbalance(visit, [id[0]]));
      return entry;
    }

    async function refunded(id: number): Promise<number> {
      return (await readOne<{ refunded_qty: number }>(visit, 'pos.order.line', id, ['refunded_qty'])).refunded_qty;
    }
  },
});

interface Session {
  state: string;
  cash_register_difference: number;
  move_id: [number, string] | false;
}
interface Receipt {
  lines: number[];
  amount_total: number;
  account_move: [number, string] | false;
}

const readReceipt = (visit: Visit, order: number): Promise<Receipt> =>
  readOne<Receipt>(visit, 'pos.order', order, ['lines', 'amount_total', 'account_move']);

const SESSION = ['state', 'cash_register_difference', 'move_id'];
