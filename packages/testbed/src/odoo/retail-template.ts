import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { cp, mkdir, readFile, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { fillPlace } from '../components/cache.ts';
import { cacheFolder, withLock } from '../components/index.ts';
import { startPostgres } from '../postgres/index.ts';
import { copyData, shrinkLog } from '../postgres/template.ts';
import { type PostgresTools, postgresTools } from '../postgres/tools.ts';
import { changeModules, runShell } from './command.ts';
import { type Generation, ODOO_19 } from './generations.ts';
import { odooRoot, odooRootPlace } from './root.ts';
import type { Sandbox } from './sandbox.ts';

/** The database that test databases are copies of. */
export const RETAIL = 'retail';

/** Which retail database: of which Odoo, and whether it sells on the web as well. */
export interface RetailKind {
  generation?: Generation;
  webshop?: boolean;
}

/** A cluster with the retail database, shut down, with its filestore and a key to its API. */
export interface RetailTemplate {
  generation: Generation;
  root: string;
  /** Name of its folder in the cache; another one when it is made of something else. */
  place: string;
  /** PostgreSQL's data directory. */
  cluster: string;
  /** Odoo's data folder. */
  data: string;
  /** Key of the user `admin`; it opens copies of this database on this machine and nothing else. Empty before Odoo 19. */
  apiKey: string;
}

/**
 * The retail database, made once with the real Odoo (about 40 s on two cores, with a web shop another
 * 25 s) and kept in the cache.
 *
 * @throws MissingComponent, OdooError, PostgresError
 */
export async function retailTemplate(
  say: (line: string) => void,
  { generation = ODOO_19, webshop = false }: RetailKind = {},
): Promise<RetailTemplate> {
  const root = await odooRoot(say, generation);
  const tools = await postgresTools();
  const base = webshop ? await retailTemplate(say, { generation }) : undefined;
  const modules = webshop ? generation.webshop : generation.modules;
  const made = JSON.stringify([
    modules,
    generation.apiKey,
    base?.place ?? basename(odooRootPlace(generation)),
    tools.version,
  ]);
  const kind = webshop ? 'webshop' : 'retail';
  const name = `${kind}-${createHash('sha256').update(made).digest('hex').slice(0, 8)}`;
  const place = join(cacheFolder(), 'templates', name);
  if (!existsSync(place)) {
    await withLock(
      join(cacheFolder(), 'locks', `odoo-${kind}-${generation.version}`),
      async () => {
        if (existsSync(place)) return;
        await fillPlace(place, (folder) => make(folder, { generation, root, tools, say, modules, base }));
      },
      () => say('odoo: another process is making the retail database, waiting'),
    );
  }
  const apiKey = await readFile(join(place, 'api-key'), 'utf8');
  return { generation, root, place: name, cluster: join(place, 'cluster'), data: join(place, 'data'), apiKey };
}

interface Making {
  generation: Generation;
  root: string;
  tools: PostgresTools;
  say: (line: string) => void;
  modules: readonly string[];
  /** The database that the modules are added to; a new one if there is none. */
  base: RetailTemplate | undefined;
}

async function make(folder: string, { generation, root, tools, say, modules, base }: Making): Promise<void> {
  const started = Date.now();
  say(`odoo: making the retail database of Odoo ${generation.version} with ${modules.join(', ')}`);
  const postgres = await startPostgres(base && { template: base.cluster });
  try {
    const data = join(folder, 'data');
    if (base) {
      await cp(base.data, data, { recursive: true });
      await postgres.psql(`ALTER DATABASE ${RETAIL} WITH ALLOW_CONNECTIONS true`);
    } else {
      await mkdir(data);
      await postgres.psql('CREATE ROLE odoo LOGIN CREATEDB');
      await postgres.createDatabase({ name: RETAIL, owner: 'odoo' });
    }
    // Writable this once: Python leaves its compiled modules beside the sources, and every later start is faster.
    const sandbox: Sandbox = {
      root,
      rootIsWritable: true,
      socketDir: postgres.socketDir,
      port: postgres.port,
      data,
      addons: [],
    };
    await changeModules(sandbox, RETAIL, { install: modules, args: generation.installArgs });
    await writeFile(join(folder, 'api-key'), base?.apiKey ?? (await newApiKey(sandbox, generation)), { mode: 0o600 });
    await postgres.psql('VACUUM (FREEZE, ANALYZE)', RETAIL);
    // A database that nobody can connect to can always be copied.
    await postgres.psql(`ALTER DATABASE ${RETAIL} WITH IS_TEMPLATE true ALLOW_CONNECTIONS false`);
    await postgres.shutDown();
    await shrinkLog(tools, postgres.data);
    await copyData(tools, postgres.data, join(folder, 'cluster'));
  } finally {
    await postgres.stop();
  }
  say(`odoo: the retail database is there (${Math.round((Date.now() - started) / 1000)} s)`);
}

async function newApiKey(sandbox: Sandbox, { apiKey: python }: Generation): Promise<string> {
  if (python === undefined) return '';
  const printed = await runShell(sandbox, RETAIL, python);
  const apiKey = /^API key: ([0-9a-f]{40})$/m.exec(printed)?.[1];
  if (!apiKey) throw new Error(`Odoo made no API key; its shell printed: ${printed.slice(-500)}`);
  return apiKey;
}
