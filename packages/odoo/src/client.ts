import { setTimeout as wait } from 'node:timers/promises';
import { OdooError } from './errors.ts';
import { enter, type Guest } from './guest.ts';
import { openServer, type Server } from './http.ts';
import { jsonRpc } from './json-rpc.ts';
import { json2 } from './json2.ts';
import { type Arguments, jsonOf, type Transport } from './transport.ts';

export interface ConnectOptions {
  url: string;
  database: string;
  /** An API key, or a password (JSON-RPC only). */
  secret: { apiKey: string } | { password: string };
  /** The user's login; JSON-2 does not need it. */
  login?: string;
  transport?: 'auto' | 'json-2' | 'json-rpc';
  /** Certificate of a private authority, PEM. */
  ca?: string;
  /** Ends every call, waiting included. */
  signal?: AbortSignal;
  /** Milliseconds for one call, 30 s unless told. */
  timeoutMs?: number;
  /** Sent with every call; the context of a call adds to it. */
  context?: Readonly<Record<string, unknown>>;
  /** Told after every call, also one that failed: its time in milliseconds, repeats included. A guest's model is `website`. */
  timed?: (call: { model: string; method: string; ms: number }) => void;
}

/** A connection to one database as one user. */
export interface Client {
  readonly version: string;
  readonly transport: Transport['name'];
  /** Calls a method with named arguments. @throws OdooError */
  call(model: string, method: string, args?: Arguments): Promise<unknown>;
  /** Enters the public website of the same database, with cookies of its own. */
  guest(): Guest;
  close(): void;
}

const TIMEOUT_MS = 30_000;
const PAUSES_MS = [200, 1_000];

/** Methods that change nothing, so that repeating them is safe. */
const READING = new Set([
  'search',
  'search_count',
  'search_read',
  'search_fetch',
  'read',
  'read_group',
  'formatted_read_group',
  'fields_get',
  'name_search',
  'context_get',
  'has_group',
]);

/**
 * Connects: asks the server for its version, chooses the transport and lets the user in.
 *
 * A call is repeated, at most twice, if it only reads and the server was not reachable, or if nothing of it
 * can have arrived. A write whose answer was lost is never repeated: `outcomeUnknown` tells the caller.
 *
 * @throws OdooError
 */
export async function connect(options: ConnectOptions): Promise<Client> {
  const { timeoutMs = TIMEOUT_MS, signal = new AbortController().signal, context, timed } = options;
  const secret = 'apiKey' in options.secret ? options.secret.apiKey : options.secret.password;
  const server = openServer(options.url, options.ca);
  const limits = { signal, timeoutMs };
  const guarded = <T>(isSafe: boolean, work: () => Promise<T>) => repeated(isSafe, signal, redacting(secret, work));
  try {
    const version = await guarded(true, () => versionOf(server, limits));
    const transport = await guarded(true, () => openTransport(server, version, options, secret, limits));
    const measured = async <T>(model: string, method: string, work: () => Promise<T>): Promise<T> => {
      const started = performance.now();
      try {
        return await work();
      } finally {
        timed?.({ model, method, ms: performance.now() - started });
      }
    };
    return {
      version,
      transport: transport.name,
      call(model, method, args = {}) {
        const whole: Arguments = context ? { ...args, context: { ...context, ...args.context } } : args;
        return measured(model, method, () =>
          guarded(READING.has(method), () => transport.call(model, method, whole, limits)),
        );
      },
      guest() {
        const guest = enter(server, options.database, limits);
        return {
          page: (path) => measured('website', path, () => guarded(true, () => guest.page(path))),
          call: (path, params) => measured('website', path, () => guarded(false, () => guest.call(path, params))),
        };
      },
      close: () => server.close(),
    };
  } catch (cause) {
    server.close();
    throw cause;
  }
}

async function versionOf(server: Server, limits: { signal: AbortSignal; timeoutMs: number }): Promise<string> {
  const path = '/web/webclient/version_info'; // open to everybody, in every version there is
  const answer = await server.post(path, { jsonrpc: '2.0', method: 'call', params: {} }, limits);
  const value = jsonOf('version', answer) as { result?: { server_serie?: unknown } } | null;
  const serie = value?.result?.server_serie;
  if (typeof serie === 'string' && /\d+\.\d+$/.test(serie)) return serie.replace(/^saas[~-]/, '');
  throw new OdooError('not-odoo', 'The server does not tell a version as Odoo does.', { status: answer.status });
}

/** JSON-2 where there is one and an API key, otherwise JSON-RPC. */
async function openTransport(
  server: Server,
  version: string,
  { transport = 'auto', database, login, secret: { ...kind } }: ConnectOptions,
  secret: string,
  limits: { signal: AbortSignal; timeoutMs: number },
): Promise<Transport> {
  const hasJson2 = Number.parseFloat(version) >= 19;
  const wanted = transport === 'auto' ? (hasJson2 && 'apiKey' in kind ? 'json-2' : 'json-rpc') : transport;
  if (wanted === 'json-2') {
    if (!hasJson2) throw new OdooError('bad-call', `Odoo ${version} has no JSON-2; version 19 is the first one.`);
    if (!('apiKey' in kind)) throw new OdooError('bad-call', 'JSON-2 takes an API key, not a password.');
    return json2(server, database, secret);
  }
  if (login === undefined) throw new OdooError('bad-call', 'JSON-RPC needs the login of the user beside the secret.');
  return jsonRpc(server, { database, login, secret }, limits);
}

/** Takes the secret out of whatever goes wrong: a server may send back what it was sent. */
function redacting<T>(secret: string, work: () => Promise<T>): () => Promise<T> {
  return async () => {
    try {
      return await work();
    } catch (cause) {
      if (!(cause instanceof OdooError) || secret === '' || !cause.message.includes(secret)) throw cause;
      const { reason, status, exception, nothingSent } = cause;
      throw new OdooError(reason, cause.message.replaceAll(secret, '***'), {
        nothingSent,
        ...(status !== undefined && { status }),
        ...(exception !== undefined && { exception: exception.replaceAll(secret, '***') }),
      });
    }
  };
}

async function repeated<T>(isSafe: boolean, signal: AbortSignal, work: () => Promise<T>): Promise<T> {
  for (const pause of PAUSES_MS) {
    try {
      return await work();
    } catch (cause) {
      const passing = cause instanceof OdooError && ['network', 'unavailable'].includes(cause.reason);
      if (!passing || !(isSafe || cause.nothingSent)) throw cause;
    }
    await wait(pause, undefined, { signal }).catch((cause) => {
      throw new OdooError('cancelled', 'Cancelled while waiting to repeat a call.', { cause });
    });
  }
  return work();
}
