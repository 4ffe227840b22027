import { randomBytes, randomUUID } from 'node:crypto';
import { OdooError } from '@tillgate/odoo';
import type { Visit } from '../flow.ts';
import { create, only } from './catalogue.ts';
import { warehouseOf } from './stock.ts';

/** What the tills of the smoke flows, their journals and payment methods are called. */
const TILL = 'Tillgate smoke till';

/** Begins the system parameter that says which flow has a till; its value is the flow's mark. */
export const HELD = 'tillgate.smoke.till.';

export interface Till {
  config: number;
  cash: number;
}

/**
 * A till of the flow's own: one that an earlier run has put away, or a new one with journals of its own. It
 * is held by the flow's mark, so that of two runs no two have the same; clean-up puts it away again. Tills are
 * used again, since journals that were written in can never be deleted.
 */
export async function till(visit: Visit): Promise<Till> {
  const free = await visit.call<number[]>('pos.config', 'search', {
    domain: [
      ['name', '=', TILL],
      ['company_id', '=', visit.shop.company.id],
      ['active', '=', false],
    ],
    order: 'id',
  });
  for (const config of free) if (await hold(visit, config)) return unpack(visit, config);
  const made = await newTill(visit);
  if (await hold(visit, made.config)) return made;
  throw new Error(`The till ${made.config} was taken before it was there.`); // ids are given once
}

/** Keys of system parameters are unique, so that PostgreSQL lets only one have a till. */
async function hold(visit: Visit, config: number): Promise<boolean> {
  try {
    await create(visit, 'ir.config_parameter', { key: `${HELD}${config}`, value: visit.mark });
    return true;
  } catch (cause) {
    if (cause instanceof OdooError && cause.reason === 'refused') return false;
    throw cause;
  }
}

/** Journals, payment methods and the configuration of a till, in the order in which Odoo lets them come and go. */
export async function partsOf(call: Visit['call'], config: number): Promise<readonly (readonly [string, number[]])[]> {
  const context = { active_test: false };
  const search = (model: string, domain: unknown[]) => call<number[]>(model, 'search', { domain, context });
  const named = ['name', '=', TILL];
  const methods = await search('pos.payment.method', [named, ['config_ids', 'in', [config]]]);
  type Row = { journal_id: [number, string] | false };
  const rows = await call<Row[]>('pos.payment.method', 'read', {
    ids: methods,
    fields: ['journal_id'],
    context,
  });
  const books = await call<Row[]>('pos.config', 'read', { ids: [config], fields: ['journal_id'], context });
  const linked = [...rows, ...books].flatMap(({ journal_id: journal }) => (journal ? [journal[0]] : []));
  const journals = await search('account.journal', [named, ['id', 'in', linked]]);
  return [
    ['account.journal', journals],
    ['pos.payment.method', methods],
    ['pos.config', [config]],
  ];
}

async function unpack(visit: Visit, config: number): Promise<Till> {
  const parts = await partsOf(visit.call, config);
  for (const [model, ids] of parts) await visit.call(model, 'write', { ids, vals: { active: true } });
  const methods = parts.find(([model]) => model === 'pos.payment.method')?.[1];
  await visit.call('pos.config', 'write', { ids: [config], vals: { picking_type_id: await tillTransfers(visit) } });
  return { config, cash: only(methods, 'payment methods of the till') };
}

async function newTill(visit: Visit): Promise<Till> {
  const own = { name: TILL, company_id: visit.shop.company.id };
  const code = () => `T${randomBytes(2).toString('hex').toUpperCase()}`; // at most five letters, and unique
  const drawer = await create(visit, 'account.journal', { ...own, type: 'cash', code: code() });
  const book = await create(visit, 'account.journal', { ...own, type: 'general', code: code() });
  const cash = await create(visit, 'pos.payment.method', { ...own, journal_id: drawer });
  const config = await create(visit, 'pos.config', {
    ...own,
    payment_method_ids: [[6, 0, [cash]]],
    journal_id: book,
    picking_type_id: await tillTransfers(visit),
  });
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
  /** Customer who wants an invoice (or credit note) for it. */
  invoice?: number;
}

/** Rings up and pays one line in cash, without tax, as a till sends it. Returns the order's id. */
export async function ringUp(
  call: Visit['call'],
  session: number,
  cash: number,
  { product, quantity, price, refunds, invoice }: TillLine,
): Promise<number> {
  const amount = quantity * price;
  const uuid = randomUUID();
  await call('pos.order', 'sync_from_ui', {
    orders: [
      {
        uuid,
        session_id: session,
        state: 'paid',
        amount_total: amount,
        amount_paid: amount,
        amount_tax: 0,
        amount_return: 0,
        ...(refunds !== undefined && { is_refund: true }),
        ...(invoice !== undefined && { partner_id: invoice, to_invoice: true }),
        lines: [
          [
            0,
            0,
            {
              uuid: randomUUID(),
              product_id: product,
              qty: quantity,
              price_unit: price,
              price_subtotal: amount,
              price_subtotal_incl: amount,
              discount: 0,
              tax_ids: [[6, 0, []]],
              ...(refunds !== undefined && { refunded_orderline_id: refunds }),
            },
          ],
        ],
        payment_ids: [[0, 0, { uuid: randomUUID(), payment_method_id: cash, amount }]],
      },
    ],
    context: { generate_pdf: false }, // a till prints; a smoke flow needs no paper, and mails nobody
  });
  return only(await call<number[]>('pos.order', 'search', { domain: [['uuid', '=', uuid]] }), 'orders rung up');
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
