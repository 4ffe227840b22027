import { defineFlow } from '../flow.ts';
import { money } from '../money.ts';
import { imbalance } from '../steps/accounting.ts';
import { create, newProduct, only, readOne } from '../steps/catalogue.ts';
import { count, onHand } from '../steps/stock.ts';
import { close, ringUp, till } from '../steps/till.ts';

export const posSession = defineFlow({
  name: 'pos-session',
  title: 'Open a till, sell two, take one back, count the cash and close',
  modules: ['point_of_sale'],
  writes: [
    'a till with a cash journal (made once, archived between runs)',
    '1 product (archived)',
    '1 closed session with a sale and two refunds; its journal entries cancel out',
  ],
  async run(visit) {
    const { product, place } = await visit.prepare('a till, and a product with 5 on hand', async () => {
      const product = await newProduct(visit, { available_in_pos: true });
      await count(visit, product.id, 5);
      return { product, place: await till(visit) };
    });
    const session = await visit.step('a session is opened with 100.00', async () => {
      const id = await create(visit, 'pos.session', { config_id: place.config });
      await visit.call('pos.session', 'set_opening_control', { ids: [id], cashbox_value: 100, notes: visit.mark });
      return id;
    });
    const states = () => readOne<Session>(visit, 'pos.session', session, SESSION);
    visit.check('the session is open', 'opened', (await states()).state);
    const sale = await visit.step('two are sold', () =>
      ringUp(visit, session, place, { product: product.id, quantity: 2, price: 50 }),
    );
    const { lines, amount_total: amount } = await readOne<{ lines: number[]; amount_total: number }>(
      visit,
      'pos.order',
      sale,
      ['lines', 'amount_total'],
    );
    visit.check('2 at 50.00', money(100), money(amount));
    const line = only(lines, 'lines of the sale');
    await visit.step('one is taken back', () =>
      ringUp(visit, session, place, { product: product.id, quantity: -1, price: 50, refunds: line }),
    );
    visit.check('refunded of the line', 1, await refunded(line));
    // The other one comes back as well, so that the day's takings are nothing.
    await visit.step('the other one is taken back', () =>
      ringUp(visit, session, place, { product: product.id, quantity: -1, price: 50, refunds: line }),
    );
    const answer = await visit.step('the cash is counted and the session closed', () =>
      close(visit.call, session, 100, visit.mark),
    );
    visit.check('the till agrees to close', 'closed', answer);
    const end = await states();
    visit.check('the session is closed', 'closed', end.state);
    visit.check('the cash is what it should be', money(0), money(end.cash_register_difference));
    visit.check('stock is what it was', 5, await onHand(visit, product.id));
    if (end.move_id) visit.check('the entry of the session is balanced', 0, await imbalance(visit, [end.move_id[0]]));

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
const SESSION = ['state', 'cash_register_difference', 'move_id'];
