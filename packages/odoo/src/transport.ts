import { NO_DATABASE } from './classify.ts';
import { OdooError } from './errors.ts';
import type { Answer, PostOptions } from './http.ts';

/** Named arguments of a method, as JSON-2 takes them. `ids` is given for methods of records and only for them. */
export type Arguments = Readonly<Record<string, unknown>> & {
  ids?: readonly number[];
  context?: Readonly<Record<string, unknown>>;
};

/** A way to call methods of Odoo's models. */
export interface Transport {
  readonly name: 'json-2' | 'json-rpc';
  /** @throws OdooError */
  call(model: string, method: string, args: Arguments, options: Omit<PostOptions, 'headers'>): Promise<unknown>;
}

/** JSON of an answer. @throws OdooError that tells a proxy's page from Odoo's */
export function jsonOf(what: string, { status, contentType, text }: Answer): unknown {
  const isJson = contentType.startsWith('application/json');
  if (!isJson && [502, 503, 504].includes(status)) {
    throw new OdooError('unavailable', `${what}: a proxy answered ${status}: Odoo is not there.`, { status });
  }
  if (!isJson && status === 404 && text.includes('No database is selected')) {
    throw new OdooError('no-database', `${what}: ${NO_DATABASE}`, { status });
  }
  if (!isJson && status === 429) throw new OdooError('unavailable', `${what}: too many requests.`, { status });
  try {
    if (isJson) return JSON.parse(text);
  } catch (cause) {
    throw new OdooError('not-odoo', `${what}: answered ${status} with broken JSON.`, { status, cause });
  }
  const kind = /<form|login/i.test(text) ? 'a login page' : contentType || 'something without a type';
  throw new OdooError('not-odoo', `${what}: answered ${status} with ${kind} instead of JSON. Is a proxy in between?`, {
    status,
  });
}
