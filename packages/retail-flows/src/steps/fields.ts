import type { Visit } from '../flow.ts';

type Call = Visit['call'];

/**
 * Whether the server's version of a model has a field: versions of Odoo name things differently, and what is there
 * tells more than a number.
 */
export async function has(call: Call, model: string, field: string): Promise<boolean> {
  const there = await call<object>(model, 'fields_get', { allfields: [field], attributes: ['type'] });
  return Object.hasOwn(there, field);
}

/** Those of the fields that there are. */
export async function existing(call: Call, model: string, fields: readonly string[]): Promise<string[]> {
  const there = await Promise.all(fields.map((field) => has(call, model, field)));
  return fields.filter((_, index) => there[index]);
}

/** Whether the server is of this version or a newer one: what methods there are, no server tells. */
export const since = ({ shop }: Pick<Visit, 'shop'>, version: number): boolean =>
  Number.parseFloat(shop.version) >= version;
