import type { Client } from '@tillgate/odoo';
import { liveWays, type Read } from './live-ways.ts';

/** What is known of a shop before anything is written: read once a run. */
export interface Shop {
  version: string;
  /** Names of the modules that are installed. */
  modules: ReadonlySet<string>;
  company: { id: number; name: string };
  currency: { name: string; decimals: number };
  /** Where the flows sell from; absent where stock is not installed. */
  warehouse?: { id: number; name: string; stock: number; deliveries: number; receipts: number };
  /** The database says of itself that it is a copy whose ways to the outside are cut. */
  isNeutralized: boolean;
  /** What would send something out of the house, one line each. */
  live: string[];
}

/** Raised when the shop is not one in which flows can run; says what to do. */
export class ShopError extends Error {
  override readonly name = 'ShopError';
}

export interface WhichShop {
  company?: string | undefined;
  warehouse?: string | undefined;
}

type Named = { id: number; name: string };

/** Reads what flows need to know. It writes nothing. @throws OdooError, ShopError */
export async function readShop(client: Client, which: WhichShop = {}): Promise<Shop> {
  const read: Read = <T>(model: string, domain: readonly unknown[], fields: string[]) =>
    client.call(model, 'search_read', { domain, fields, order: 'id' }) as Promise<T[]>;
  const installed = await read<Named>('ir.module.module', [['state', '=', 'installed']], ['name']);
  const modules = new Set(installed.map(({ name }) => name));
  const companies = await read<Named & { currency_id: [number, string] }>('res.company', [], ['name', 'currency_id']);
  const company = chosen('company', companies, which.company);
  const [currency] = await read<{ name: string; decimal_places: number }>(
    'res.currency',
    [['id', '=', company.currency_id[0]]],
    ['name', 'decimal_places'],
  );
  if (!currency) throw new ShopError(`The company ${company.name} has no active currency.`);
  const warehouse = modules.has('stock') ? await warehouseOf(read, company.id, which.warehouse) : undefined;
  const [neutralized] = await read<{ value: string }>(
    'ir.config_parameter',
    [['key', '=', 'database.is_neutralized']],
    ['value'],
  );
  return {
    version: client.version,
    modules,
    company: { id: company.id, name: company.name },
    currency: { name: currency.name, decimals: currency.decimal_places },
    ...(warehouse && { warehouse }),
    isNeutralized: neutralized?.value.toLowerCase() === 'true',
    live: await liveWays(read, modules, company.id),
  };
}

async function warehouseOf(read: Read, company: number, name: string | undefined): Promise<Shop['warehouse']> {
  type Row = Named & Record<'lot_stock_id' | 'out_type_id' | 'in_type_id', [number, string]>;
  const rows = await read<Row>(
    'stock.warehouse',
    [['company_id', '=', company]],
    ['name', 'lot_stock_id', 'out_type_id', 'in_type_id'],
  );
  const { id, name: called, lot_stock_id: stock, out_type_id: out, in_type_id: into } = chosen('warehouse', rows, name);
  return { id, name: called, stock: stock[0], deliveries: out[0], receipts: into[0] };
}

/** The one that was named, or the only one there is: which of several is meant is never guessed. */
function chosen<T extends Named>(what: string, rows: readonly T[], name: string | undefined): T {
  const fitting = name === undefined ? rows : rows.filter((row) => row.name === name);
  const [first] = fitting;
  if (first && fitting.length === 1) return first;
  const there = rows.map((row) => row.name).join(', ') || 'none';
  throw new ShopError(
    `${name === undefined ? `There are ${rows.length} of ${what}` : `There is no single ${what} "${name}"`} that this user sees: ${there}. Name one with the input \`${what}\`.`,
  );
}
