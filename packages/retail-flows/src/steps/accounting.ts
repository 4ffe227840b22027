import type { Visit } from '../flow.ts';
import { cents } from '../money.ts';
import { Unexpected } from '../visit.ts';
import { create, only, readOne } from './catalogue.ts';
import { existing } from './fields.ts';

export interface Entry {
  name: string;
  state: string;
  move_type: string;
  amount_untaxed: number;
  amount_tax: number;
  amount_total: number;
  payment_state: string;
  journal_id: [number, string];
  sequence_prefix: string;
  sequence_number: number;
}

export const readEntry = (visit: Visit, id: number): Promise<Entry> =>
  readOne<Entry>(visit, 'account.move', id, [
    'name',
    'state',
    'move_type',
    'amount_untaxed',
    'amount_tax',
    'amount_total',
    'payment_state',
    'journal_id',
    'sequence_prefix',
    'sequence_number',
  ]);

const LOCKS = [
  'fiscalyear_lock_date',
  'period_lock_date',
  'tax_lock_date',
  'sale_lock_date',
  'purchase_lock_date',
  'hard_lock_date',
];

/**
 * Makes sure that today may be booked. Odoo refuses nothing in a closed period but books it on the first day after
 * it, which nobody who looks at the entry of today expects.
 *
 * @throws Unexpected
 */
export async function openBooks(visit: Visit): Promise<void> {
  const { id, name } = visit.shop.company;
  const fields = await existing(visit.call, 'res.company', LOCKS);
  const dates = await readOne<Record<string, string | false>>(visit, 'res.company', id, fields);
  const today = new Date().toISOString().slice(0, 10);
  const closed = fields.filter((field) => (dates[field] || '') >= today);
  if (closed.length === 0) return;
  const until = closed.map((field) => `${field} ${dates[field]}`).join(', ');
  throw new Unexpected(
    `the books of ${name} are closed today (${until}), so that nothing can be booked and looked at. Set the lock date back, or give a company whose period is open.`,
  );
}

export async function post(visit: Visit, entry: number): Promise<void> {
  await visit.call('account.move', 'action_post', { ids: [entry] });
}

/** Debit less credit of a journal entry, in cents; 0 is what double entry asks for. */
export async function imbalance(visit: Visit, entries: readonly number[]): Promise<number> {
  const lines = await visit.call<{ debit: number; credit: number }[]>('account.move.line', 'search_read', {
    domain: [['move_id', 'in', entries]],
    fields: ['debit', 'credit'],
  });
  if (lines.length === 0) return Number.NaN; // an entry without lines is no entry
  const { decimals } = visit.shop.currency;
  return lines.reduce((sum, { debit, credit }) => sum + cents(debit, decimals) - cents(credit, decimals), 0);
}

/** Pays invoices through the company's first bank journal. */
export async function pay(visit: Visit, invoice: number): Promise<void> {
  const journals = await visit.call<{ id: number }[]>('account.journal', 'search_read', {
    domain: [
      ['type', '=', 'bank'],
      ['company_id', '=', visit.shop.company.id],
    ],
    fields: ['name'],
    limit: 1,
    order: 'sequence, id',
  });
  const context = { active_model: 'account.move', active_ids: [invoice] };
  const journal = only(journals, 'bank journals').id;
  const wizard = await create(visit, 'account.payment.register', { journal_id: journal }, context);
  await visit.call('account.payment.register', 'action_create_payments', { ids: [wizard], context });
}

/**
 * Numbers that are missing or taken twice between two entries of one journal, both included. Others may post
 * in the same journal meanwhile: what counts is that numbers follow each other.
 */
export async function brokenNumbers(visit: Visit, first: Entry, last: Entry): Promise<number> {
  const rows = await visit.call<{ sequence_number: number }[]>('account.move', 'search_read', {
    domain: [
      ['journal_id', '=', first.journal_id[0]],
      ['sequence_prefix', '=', first.sequence_prefix],
      ['sequence_number', '>=', first.sequence_number],
      ['sequence_number', '<=', last.sequence_number],
      ['state', '!=', 'draft'],
    ],
    fields: ['sequence_number'],
  });
  const distance = last.sequence_number - first.sequence_number;
  if (first.sequence_prefix !== last.sequence_prefix || distance < 1) return Number.NaN;
  return Math.abs(rows.length - (distance + 1));
}
