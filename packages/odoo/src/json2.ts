import { errorOf, toldException } from './classify.ts';
import { OdooError } from './errors.ts';
import type { Server } from './http.ts';
import { jsonOf, type Transport } from './transport.ts';

/** JSON-2, Odoo's interface from version 19 on. */
export function json2(server: Server, database: string, apiKey: string): Transport {
  const headers = { authorization: `bearer ${apiKey}`, 'x-odoo-database': database };
  return {
    name: 'json-2',
    async call(model, method, args, options) {
      const what = `${model}.${method}`;
      const path = `/json/2/${encodeURIComponent(model)}/${encodeURIComponent(method)}`;
      const answer = await server.post(path, args, { ...options, headers });
      const value = jsonOf(what, answer);
      if (answer.status === 200) return value;
      const told = toldException(value);
      if (told) throw errorOf(what, told, answer.status);
      throw new OdooError('not-odoo', `${what}: answered ${answer.status} with JSON that is no exception of Odoo's.`, {
        status: answer.status,
      });
    },
  };
}
