import type { Visit } from '../flow.ts';
import { Unexpected } from '../visit.ts';
import { has } from './fields.ts';

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

export interface Product {
  id: number;
  template: number;
}

/** A product of the flow's own: stored, invoiced by what was delivered, without taxes unless told. */
export async function newProduct(visit: Visit, values: Readonly<Record<string, unknown>> = {}): Promise<Product> {
  const isStored = visit.shop.modules.has('stock') && (values.type ?? 'consu') === 'consu';
  const hasMark = isStored && (await has(visit.call, 'product.product', 'is_storable')); // up to 17, it is a type
  const id = await create(visit, 'product.product', {
    name: `${visit.mark} product`,
    default_code: visit.mark,
    type: isStored && !hasMark ? 'product' : 'consu',
    list_price: 100,
    taxes_id: [[6, 0, []]],
    supplier_taxes_id: [[6, 0, []]],
    ...(hasMark && { is_storable: true }),
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
