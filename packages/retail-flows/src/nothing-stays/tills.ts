import { close, HELD, partsOf, ringUp } from '../steps/till.ts';
import type { Broom } from './sweep.ts';

interface Session {
  id: number;
  name: string;
  state: string;
  cash_register_balance_end: number;
  payment_method_ids: number[];
}

/** Takes back what is open at the tills that a mark holds, closes them, and puts them away for the next run. */
export async function putTillsAway(broom: Broom, pattern: string): Promise<void> {
  const { call } = broom;
  const held = await call<{ id: number; key: string }[]>('ir.config_parameter', 'search_read', {
    domain: [
      ['key', '=like', `${HELD}%`],
      ['value', '=like', pattern],
    ],
    fields: ['key'],
  });
  for (const { id, key } of held) {
    const config = Number(key.slice(HELD.length));
    const before = broom.leftovers.length;
    await closeSessions(broom, config);
    if (broom.leftovers.length > before) continue; // it stays held, so that nobody takes it and the next sweep tries again
    for (const [model, ids] of (await partsOf(call, config)).toReversed()) {
      await call(model, 'write', { ids, vals: { active: false } });
    }
    await call('ir.config_parameter', 'unlink', { ids: [id] });
    broom.stays.push('the smoke till with its closed sessions, archived for the next run');
  }
}

async function closeSessions({ call, leftovers }: Broom, config: number): Promise<void> {
  const read = () =>
    call<Session[]>('pos.session', 'search_read', {
      domain: [
        ['config_id', '=', config],
        ['state', '!=', 'closed'],
      ],
      fields: ['name', 'state', 'cash_register_balance_end', 'payment_method_ids'],
    });
  for (const { id, state, payment_method_ids: methods } of await read()) {
    if (state === 'opening_control') await call('pos.session', 'delete_opening_control_session', { ids: [id] });
    else await takeBack(call, id, methods);
  }
  for (const { id, name, cash_register_balance_end: cash } of await read()) {
    const answer = await close(call, id, cash, 'taken back');
    if (answer !== 'closed') leftovers.push(`till session ${name}: ${answer}`);
  }
}

/** Rings up the return of everything that was sold in a session and did not come back. */
async function takeBack(call: Broom['call'], session: number, methods: readonly number[]): Promise<void> {
  const [cash] = methods;
  const orders = await call<
    { id: number; partner_id: [number, string] | false; account_move: [number, string] | false }[]
  >('pos.order', 'search_read', {
    domain: [
      ['session_id', '=', session],
      ['state', 'in', ['paid', 'done', 'invoiced']],
    ],
    fields: ['partner_id', 'account_move'],
  });
  for (const { id, partner_id: partner, account_move: invoice } of orders) {
    const lines = await call<
      { id: number; product_id: [number, string]; qty: number; refunded_qty: number; price_unit: number }[]
    >('pos.order.line', 'search_read', {
      domain: [
        ['order_id', '=', id],
        ['qty', '>', 0],
      ],
      fields: ['product_id', 'qty', 'refunded_qty', 'price_unit'],
    });
    for (const { id: line, product_id: product, qty, refunded_qty: back, price_unit: price } of lines) {
      if (qty <= back || cash === undefined) continue;
      await ringUp(call, session, cash, {
        product: product[0],
        quantity: back - qty,
        price,
        refunds: line,
        ...(invoice && partner && { invoice: partner[0] }),
      });
    }
  }
}
