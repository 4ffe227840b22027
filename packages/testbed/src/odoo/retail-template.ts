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
import { odooRoot, odooRootPlace } from './root.ts';
import type { Sandbox } from './sandbox.ts';

/** The database that test databases are copies of. */
export const RETAIL = 'retail';

/** A shop with sales, stock, purchase, invoices, tills and promotions; without demo data. */
const MODULES = [
  'base',
  'sale_management',
  'stock',
  'account',
  'point_of_sale',
  'purchase',
  'sale_stock',
  'loyalty',
] as const;

/** What the same shop needs to sell on the web as well: apart, since a server with it starts more slowly. */
const WEBSHOP = ['website_sale'] as const;

const API_KEY = `
user = env.ref('base.user_admin')
print('API key:', env(user=user.id)['res.users.apikeys']._generate('rpc', 'test bed', None))
env.cr.commit()
`;

/** A cluster with the retail database, shut down, with its filestore and a key to its API. */
export interface RetailTemplate {
  root: string;
  /** Name of its folder in the cache; another one when it is made of something else. */
  place: string;
  /** PostgreSQL's data directory. */
  cluster: string;
  /** Odoo's data folder. */
  data: string;
  /** Key of the user `admin`; it opens copies of this database on this machine and nothing else. */
  apiKey: string;
}

/**
 * The retail database, made once with the real Odoo (about 40 s on two cores, with a web shop another
 * 60 s) and kept in the cache.
 *
 * @throws MissingComponent, OdooError, PostgresError
 */
export async function retailTemplate(
  say: (line: string) => void,
  { webshop = false }: { webshop?: boolean } = {},
): Promise<RetailTemplate> {
  const root = await odooRoot(say);
  const tools = await postgresTools();
  const base = webshop ? await retailTemplate(say) : undefined;
  const modules = webshop ? WEBSHOP : MODULES;
  const made = JSON.stringify([modules, API_KEY, base?.place ?? basename(odooRootPlace()), tools.version]);
  const name = `${webshop ? 'webshop' : 'retail'}-${createHash('sha256').update(made).digest('hex').slice(0, 8)}`;
  const place = join(cacheFolder(), 'templates', name);
  if (!existsSync(place)) {
    await withLock(
      join(cacheFolder(), 'locks', `odoo-${webshop ? 'webshop' : 'retail'}`),
      async () => {
        if (!existsSync(place)) await fillPlace(place, (folder) => make(folder, { root, tools, say, modules, base }));
      },
      () => say('odoo: another process is making the retail database, waiting'),
    );
  }
  const apiKey = await readFile(join(place, 'api-key'), 'utf8');
  return { root, place: name, cluster: join(place, 'cluster'), data: join(place, 'data'), apiKey };
}

interface Making {
  root: string;
  tools: PostgresTools;
  say: (line: string) => void;
  modules: readonly string[];
  /** The database that the modules are added to; a new one if there is none. */
  base: RetailTemplate | undefined;
}

async function make(folder: string, { root, tools, say, modules, base }: Making): Promise<void> {
  const started = Date.now();
  say(`odoo: making the retail database with ${modules.join(', ')}`);
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
    await changeModules(sandbox, RETAIL, { install: modules });
    await writeFile(join(folder, 'api-key'), base?.apiKey ?? (await newApiKey(sandbox)), { mode: 0o600 });
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

async function newApiKey(sandbox: Sandbox): Promise<string> {
  const printed = await runShell(sandbox, RETAIL, API_KEY);
  const apiKey = /^API key: ([0-9a-f]{40})$/m.exec(printed)?.[1];
  if (!apiKey) throw new Error(`Odoo made no API key; its shell printed: ${printed.slice(-500)}`);
  return apiKey;
}
