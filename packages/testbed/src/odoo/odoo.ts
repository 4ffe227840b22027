import { join } from 'node:path';
import { openRun, programAndArgs, type Run, type RunProcess, ready } from '../runs/index.ts';
import { changeModules, runShell } from './command.ts';
import { type Generation, ODOO_19 } from './generations.ts';
import { callJson2 } from './json2.ts';
import { type Retail, startRetail } from './retail.ts';
import { odooWords, type Sandbox } from './sandbox.ts';
import { terminable } from './termination.ts';

export interface OdooOptions {
  /** The data it works on; its own, stopped with it, unless told. */
  retail?: Retail;
  /** With `website_sale`, where it has data of its own. */
  webshop?: boolean;
  /** Version of Odoo, where it has data of its own; 19 unless told. Others have no API key and no `call`. */
  generation?: Generation;
  /** A database of these data; a fresh copy of the retail database unless told. */
  database?: string;
  /** Folders with add-ons, the first one wins. */
  addons?: readonly string[];
  /** Modules that are installed before it starts. */
  install?: readonly string[];
  /** Modules that are updated before it starts. */
  update?: readonly string[];
  /** Worker processes; 0, the default, is one process with threads. */
  workers?: number;
  /** Address to listen on; 127.0.0.1 with a port of its own unless told. */
  listen?: { host: string; port: number };
  /** Words to put before the program: those that enter a network namespace, such as the ones of `bed.inside('env', [])`. */
  enter?: readonly string[];
  /** Further arguments of the server. */
  args?: readonly string[];
  /** Further variables of the server's environment. */
  env?: Readonly<Record<string, string>>;
  /** Takes progress of the one-time build; standard error unless told. */
  say?: (line: string) => void;
}

/** A running Odoo server on one database. */
export interface Odoo {
  readonly url: string;
  readonly database: string;
  /** Its user, who may do everything. */
  readonly login: 'admin';
  readonly password: 'admin';
  /** Key of the same user for JSON-2: `Authorization: bearer <key>`. */
  readonly apiKey: string;
  readonly retail: Retail;
  /** Calls a method over JSON-2. @throws Json2Error with Odoo's status and message */
  call(model: string, method: string, body?: Readonly<Record<string, unknown>>): Promise<unknown>;
  /** Runs Python in Odoo's shell on this database, beside the server. @throws OdooError */
  shell(python: string): Promise<string>;
  /** File with the server's log. */
  readonly log: string;
  /** Stops the server as a deployment would: SIGTERM, then SIGKILL. Its copy of the database goes with it. */
  stop(): Promise<void>;
}

const GRACE_MS = 5_000;

/**
 * Starts an Odoo 19 server and waits until it answers: a second or two once it is built.
 *
 * @throws MissingComponent, OdooError, PostgresError
 */
export async function startOdoo(options: OdooOptions = {}): Promise<Odoo> {
  const retail = options.retail ?? (await startRetail(kindOf(options)));
  const run = await openRun('odoo');
  let own: string | undefined;
  const end = async () => {
    await run.close();
    if (!options.retail) await retail.stop();
    else if (own) await retail.drop(own);
  };
  try {
    if (options.database === undefined) own = await retail.clone();
    const database = options.database ?? (own as string);
    const sandbox = { ...retail.sandbox(options.addons), ...(options.env && { env: options.env }) };
    const { install, update } = options;
    if (install?.length || update?.length) {
      await changeModules(sandbox, database, { ...(install && { install }), ...(update && { update }) });
    }
    const { url, server } = await serve(run, sandbox, database, options, retail.template.generation.health);
    const { apiKey } = retail.template;
    return {
      url,
      database,
      login: 'admin',
      password: 'admin',
      apiKey,
      retail,
      call: (model, method, body) => callJson2({ url, database, apiKey }, model, method, body),
      shell: (python) => runShell(sandbox, database, python),
      log: server.log,
      async stop() {
        await server.stop('SIGTERM', GRACE_MS);
        await end();
      },
    };
  } catch (cause) {
    await end();
    throw cause;
  }
}

const kindOf = ({ say, webshop = false, generation = ODOO_19 }: OdooOptions) => ({
  ...(say && { say }),
  webshop,
  generation,
});

async function serve(
  run: Run,
  sandbox: Sandbox,
  database: string,
  options: OdooOptions,
  health: string,
): Promise<{ url: string; server: RunProcess }> {
  const { host, port } = options.listen ?? { host: '127.0.0.1', port: await run.port() };
  const { words, env } = await odooWords(
    sandbox,
    'server',
    await serverArgs(run, database, host, port, options.workers ?? 0, options.args ?? []),
  );
  const command = programAndArgs([...(options.enter ?? []), ...terminable(words, join(run.folder, 'odoo.json'))]);
  const server = await run.start('odoo', { ...command, env, cwd: run.folder });
  const url = `http://${host}:${port}`;
  await ready(
    server,
    options.enter
      ? async () => (await server.tail(200)).includes('Registry loaded') // its network cannot be reached from here
      : async () => (await fetch(url + health)).ok,
  );
  return { url, server };
}

async function serverArgs(
  run: Run,
  database: string,
  host: string,
  port: number,
  workers: number,
  more: readonly string[],
): Promise<string[]> {
  // Only servers with workers have a process of its own for websockets.
  const gevent = workers > 0 ? [`--workers=${workers}`, `--gevent-port=${await run.port()}`] : [];
  return ['-d', database, '--no-database-list', `--http-interface=${host}`, `--http-port=${port}`, ...gevent, ...more];
}
