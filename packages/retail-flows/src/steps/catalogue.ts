import type { Visit } from '../flow.ts';
import { Unexpected } from '../visit.ts';

/** The only one of a list. @throws Unexpected */
export function only<T>(rows: readonly T[] | undefined, what: string): T {
  const [first] = rows ?? [];
  if (first === undefined || rows?.length !== 1) throw new Unexpected(`${what}: ${rows?.length ?? 0} instead of one.`);
  return first;
}

/** Creates one record and returns its id. */
export async function create(visit: Visit, model: string, values: object, context = {}): Promise<number> {
  return only(await visit.call<number[]>(model, 'create', { vals_list: [values], context }), `new ${model}`);
}

/** Reads fields of one record. */
export async function readOne<T>(visit: Visit, model: string, id: number, fields: readonly string[]): Promise<T> {
  return only(await visit.call<T[]>(model, 'read', { ids: [id], fields }), `${model} ${id}`);
}

/** Those of the fields that the server's version of a model has. */
export async function existing(visit: Visit, model: string, fields: readonly string[]): Promise<string[]> {
  const there = await visit.call<object>(model, 'fields_get', { allfields: fields, attributes: ['type'] });
  return fields.filter((field) => Object.hasOwn(there, field));
}

export interface Product {
  id: number;
  template: number;
}

/** A product of the flow's own: stored, invoiced by what was delivered, without taxes unless told. */
export async function newProduct(visit: Visit, values: Readonly<Record<string, unknown>> = {}): Promise<Product> {
  const id = await create(visit, 'product.product', {
    name: `${visit.mark} product`,
    default_code: visit.mark,
    type: 'consu',
    list_price: 100,
    taxes_id: [[6, 0, []]],
    supplier_taxes_id: [[6, 0, []]],
    ...(visit.shop.modules.has('stock') && { is_storable: true }),
    ...(visit.shop.modules.has('sale') && { invoice_policy: 'delivery' }),
    ...values,
  });
  const { product_tmpl_id: template } = await readOne<{ product_tmpl_id: [number, string] }>(
    visit,
    'product.product',
    id,
    ['product_tmpl_id'],
  );
  return { id, template: template[0] };
}

/** A customer or vendor of the flow's own, without an address to send mail to. */
export function newPartner(visit: Visit, what = 'customer'): Promise<number> {
  return create(visit, 'res.partner', { name: `${visit.mark} ${what}`, ref: visit.mark });
}
