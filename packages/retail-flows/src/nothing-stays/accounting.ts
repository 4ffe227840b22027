import { has } from '../steps/fields.ts';
import type { Broom } from './sweep.ts';

interface Move {
  id: number;
  name: string | false;
  state: string;
  journal_id: [number, string];
  /** Entries that reverse it. */
  reversals: number[];
  reversed_entry_id: [number, string] | false;
}

/**
 * Brings the balance of every account back: payments are cancelled, drafts deleted, and what was posted is
 * reversed by an entry of its own, since a posted number may not vanish.
 */
export async function neutralizeAccounting(broom: Broom, partners: readonly number[]): Promise<void> {
  const { call, find, stays } = broom;
  const payments = await find('account.payment', [
    ['partner_id', 'in', partners],
    ['state', 'not in', ['draft', 'canceled', 'cancel']],
  ]);
  if (payments.length > 0) {
    await call('account.payment', 'action_draft', { ids: payments });
    await call('account.payment', 'action_cancel', { ids: payments });
    stays.push(`${payments.length} payments, cancelled`);
  }
  for (const move of await moves(broom, partners)) {
    if (move.state !== 'draft') continue;
    const neverPosted = !move.name || move.name === '/';
    await call('account.move', neverPosted ? 'unlink' : 'button_cancel', { ids: [move.id] });
  }
  const posted = (await moves(broom, partners)).filter(({ state }) => state === 'posted');
  for (const move of posted) {
    if (move.reversed_entry_id || move.reversals.length > 0) continue;
    const reversal = await reverse(broom, move);
    stays.push(`entry ${move.name}, reversed by ${reversal}`);
  }
}

async function moves({ call, modules }: Broom, partners: readonly number[]): Promise<Move[]> {
  const back = (await has(call, 'account.move', 'reversal_move_ids')) ? 'reversal_move_ids' : 'reversal_move_id';
  const rows = await call<(Omit<Move, 'reversals'> & { [field: string]: unknown })[]>('account.move', 'search_read', {
    domain: [
      ['partner_id', 'in', partners],
      ['move_type', '!=', 'entry'],
      // What a till has invoiced comes back over the till, with a credit note of its own.
      ...(modules.has('point_of_sale') ? [['pos_order_ids', '=', false]] : []),
    ],
    fields: ['name', 'state', 'journal_id', back, 'reversed_entry_id'],
    order: 'id',
  });
  return rows.map((row) => ({ ...row, reversals: row[back] as number[] }));
}

/** Posts the counterpart of an entry and lets the two settle each other. Returns its number. */
async function reverse({ call }: Broom, { id, journal_id: journal }: Move): Promise<string> {
  const context = { active_model: 'account.move', active_ids: [id] };
  // Up to Odoo 16 the wizard is asked what it shall do, instead of told.
  const isAsked = await has(call, 'account.move.reversal', 'refund_method');
  const values = {
    journal_id: journal[0],
    reason: 'smoke flow taken back',
    ...(isAsked && { refund_method: 'refund' }),
  };
  const [wizard] = await call<number[]>('account.move.reversal', 'create', { vals_list: [values], context });
  await call('account.move.reversal', isAsked ? 'reverse_moves' : 'refund_moves', { ids: [wizard as number], context });
  const counterparts = await call<{ id: number; state: string }[]>('account.move', 'search_read', {
    domain: [['reversed_entry_id', '=', id]],
    fields: ['state'],
  });
  const drafts = counterparts.filter(({ state }) => state === 'draft').map(({ id: draft }) => draft);
  if (drafts.length > 0) await call('account.move', 'action_post', { ids: drafts });
  await settle(call, [id, ...counterparts.map(({ id: counterpart }) => counterpart)]);
  const [first] = await call<{ name: string }[]>('account.move', 'read', {
    ids: counterparts.map(({ id: counterpart }) => counterpart),
    fields: ['name'],
  });
  return first?.name ?? 'nothing';
}

/** Lets the open lines of entries settle each other, account by account. */
async function settle(call: Broom['call'], entries: readonly number[]): Promise<void> {
  const lines = await call<{ id: number; account_id: [number, string] }[]>('account.move.line', 'search_read', {
    domain: [
      ['move_id', 'in', entries],
      ['account_id.reconcile', '=', true],
      ['reconciled', '=', false],
      ['balance', '!=', 0],
    ],
    fields: ['account_id'],
  });
  const accounts = Map.groupBy(lines, ({ account_id: [account] }) => account);
  for (const open of accounts.values()) {
    if (open.length > 1) await call('account.move.line', 'reconcile', { ids: open.map(({ id }) => id) });
  }
}
