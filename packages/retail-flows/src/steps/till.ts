import { randomUUID } from 'node:crypto';
import type { Visit } from '../flow.ts';
import { create, only } from './catalogue.ts';
import { warehouseOf } from './stock.ts';

/** The one till of the smoke flows in a database: kept from run to run, so that journals do not pile up. */
export const TILL = 'Tillgate smoke till';

export interface Till {
  config: number;
  cash: number;
}

/** The till of the smoke flows, made at the first run: a configuration with journals of its own. */
export async function till(visit: Visit): Promise<Till> {
  const company = visit.shop.company.id;
  const keep = async (model: string, kind: object, values: () => Promise<object>): Promise<number> => {
    const own = { name: TILL, company_id: company, ...kind };
    const [there] = await visit.call<number[]>(model, 'search', {
      domain: Object.entries(own).map(([field, value]) => [field, '=', value]),
      context: { active_test: false },
    });
    if (there === undefined) return create(visit, model, { ...own, ...(await values()) });
    await visit.call(model, 'write', { ids: [there], vals: { active: true } });
    return there;
  };
  const drawer = await keep('account.journal', { type: 'cash' }, async () => ({ code: 'SMOK1' }));
  const book = await keep('account.journal', { type: 'general' }, async () => ({ code: 'SMOK2' }));
  const cash = await keep('pos.payment.method', {}, async () => ({ journal_id: drawer }));
  const config = await keep('pos.config', {}, async () => ({
    payment_method_ids: [[6, 0, [cash]]],
    journal_id: book,
    picking_type_id: await tillTransfers(visit),
  }));
  return { config, cash };
}

async function tillTransfers(visit: Visit): Promise<number> {
  const rows = await visit.call<{ pos_type_id: [number, string] }[]>('stock.warehouse', 'read', {
    ids: [warehouseOf(visit.shop).id],
    fields: ['pos_type_id'],
  });
  return only(rows, 'warehouses').pos_type_id[0];
}

export interface TillLine {
  product: number;
  quantity: number;
  price: number;
  /** The line that this one takes back. */
  refunds?: number;
}

/** Rings up and pays one line in cash, without tax, as a till sends it. Returns the order's id. */
export async function ringUp(visit: Visit, session: number, { cash }: Till, line: TillLine): Promise<number> {
  const amount = line.quantity * line.price;
  const uuid = randomUUID();
  await visit.call('pos.order', 'sync_from_ui', {
    orders: [
      {
        uuid,
        session_id: session,
        state: 'paid',
        amount_total: amount,
        amount_paid: amount,
        amount_tax: 0,
        amount_return: 0,
        lines: [
          [
            0,
            0,
            {
              uuid: randomUUID(),
              product_id: line.product,
              qty: line.quantity,
              price_unit: line.price,
              price_subtotal: amount,
              price_subtotal_incl: amount,
              discount: 0,
              tax_ids: [[6, 0, []]],
              ...(line.refunds !== undefined && { refunded_orderline_id: line.refunds }),
            },
          ],
        ],
        payment_ids: [[0, 0, { uuid: randomUUID(), payment_method_id: cash, amount }]],
      },
    ],
  });
  return only(await visit.call<number[]>('pos.order', 'search', { domain: [['uuid', '=', uuid]] }), 'orders rung up');
}

/** Closes a session with so much cash counted. Tills answer a refusal without an exception. */
export async function close(call: Visit['call'], session: number, counted: number, notes: string): Promise<string> {
  type Answer = { successful?: boolean; message?: string };
  const ids = [session];
  const counting = await call<Answer>('pos.session', 'post_closing_cash_details', { ids, counted_cash: counted });
  await call('pos.session', 'update_closing_control_state_session', { ids, notes });
  const closing = await call<Answer>('pos.session', 'close_session_from_ui', { ids });
  if (counting.successful && closing.successful) return 'closed';
  return (
    [counting, closing]
      .map(({ message }) => message ?? '')
      .join(' ')
      .trim() || 'refused without a word'
  );
}
