import { errorOf, toldException } from './classify.ts';
import { OdooError } from './errors.ts';
import type { PostOptions, Server } from './http.ts';
import { type Arguments, jsonOf, type Transport } from './transport.ts';

interface Credentials {
  database: string;
  login: string;
  /** The password or an API key. */
  secret: string;
}

type Options = Omit<PostOptions, 'headers'>;

/**
 * JSON-RPC, the interface of Odoo 16 to 19. Its exceptions come with status 200 and an `error` member.
 *
 * @throws OdooError `unauthorized` if the credentials are refused
 */
export async function jsonRpc(server: Server, credentials: Credentials, options: Options): Promise<Transport> {
  const { database, login, secret } = credentials;
  const uid = await invoke(server, 'login', 'common', 'authenticate', [database, login, secret, {}], options);
  if (typeof uid !== 'number') {
    throw new OdooError(
      'unauthorized',
      `The server does not let ${login} into ${database}. The password is wrong, or the key is wrong or has expired: make a new key in the preferences of the user. A user with two-factor authentication needs an API key.`,
    );
  }
  return {
    name: 'json-rpc',
    call: (model, method, args, more) =>
      invoke(
        server,
        `${model}.${method}`,
        'object',
        'execute_kw',
        [database, uid, secret, model, method, ...split(method, args)],
        more,
      ),
  };
}

/** Up to Odoo 15 the domain of a search has another name. */
const SEARCHES = new Set(['search', 'search_count']);

/** Positional and named arguments: records come first, `create` wants its values first, and a search its domain. */
export function split(method: string, { ids, ...named }: Arguments): [unknown[], Record<string, unknown>] {
  if (SEARCHES.has(method) && 'domain' in named) {
    const { domain, ...rest } = named;
    return [[domain], rest];
  }
  if (method === 'create' && 'vals_list' in named) {
    const { vals_list: values, ...rest } = named;
    return [[values], rest];
  }
  return [ids === undefined ? [] : [ids], named];
}

async function invoke(
  server: Server,
  what: string,
  service: string,
  method: string,
  args: readonly unknown[],
  options: Options,
): Promise<unknown> {
  const body = { jsonrpc: '2.0', method: 'call', params: { service, method, args } };
  const answer = await server.post('/jsonrpc', body, options);
  const value = jsonOf(what, answer);
  if (typeof value === 'object' && value !== null) {
    const { error, result = null } = value as { error?: { data?: unknown }; result?: unknown };
    if (error === undefined && ('result' in value || 'jsonrpc' in value)) return result; // None comes as no result
    const told = toldException(error?.data);
    if (told) throw errorOf(what, told, answer.status);
  }
  throw new OdooError('not-odoo', `${what}: answered ${answer.status} with JSON that is no answer of Odoo's.`, {
    status: answer.status,
  });
}
