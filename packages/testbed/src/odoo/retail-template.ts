import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
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

const API_KEY = `
user = env.ref('base.user_admin')
print('API key:', env(user=user.id)['res.users.apikeys']._generate('rpc', 'test bed', None))
env.cr.commit()
`;

/** A cluster with the retail database, shut down, with its filestore and a key to its API. */
export interface RetailTemplate {
  root: string;
  /** PostgreSQL's data directory. */
  cluster: string;
  /** Odoo's data folder. */
  data: string;
  /** Key of the user `admin`; it opens copies of this database on this machine and nothing else. */
  apiKey: string;
}

/**
 * The retail database, made once with the real Odoo (about 40 s on two cores) and kept in the cache.
 *
 * @throws MissingComponent, OdooError, PostgresError
 */
export async function retailTemplate(say: (line: string) => void): Promise<RetailTemplate> {
  const root = await odooRoot(say);
  const tools = await postgresTools();
  const made = JSON.stringify([MODULES, API_KEY, basename(odooRootPlace()), tools.version]);
  const place = join(
    cacheFolder(),
    'templates',
    `retail-${createHash('sha256').update(made).digest('hex').slice(0, 8)}`,
  );
  if (!existsSync(place)) {
    await withLock(
      join(cacheFolder(), 'locks', 'odoo-retail'),
      async () => {
        if (!existsSync(place)) await fillPlace(place, (folder) => make(folder, root, tools, say));
      },
      () => say('odoo: another process is making the retail database, waiting'),
    );
  }
  const apiKey = await readFile(join(place, 'api-key'), 'utf8');
  return { root, cluster: join(place, 'cluster'), data: join(place, 'data'), apiKey };
}

async function make(folder: string, root: string, tools: PostgresTools, say: (line: string) => void): Promise<void> {
  const started = Date.now();
  say(`odoo: making the retail database with ${MODULES.join(', ')}`);
  const postgres = await startPostgres();
  try {
    const data = join(folder, 'data');
    await mkdir(data);
    await postgres.psql('CREATE ROLE odoo LOGIN CREATEDB');
    await postgres.createDatabase({ name: RETAIL, owner: 'odoo' });
    // Writable this once: Python leaves its compiled modules beside the sources, and every later start is faster.
    const sandbox: Sandbox = {
      root,
      rootIsWritable: true,
      socketDir: postgres.socketDir,
      port: postgres.port,
      data,
      addons: [],
    };
    await changeModules(sandbox, RETAIL, { install: MODULES });
    const printed = await runShell(sandbox, RETAIL, API_KEY);
    const apiKey = /^API key: ([0-9a-f]{40})$/m.exec(printed)?.[1];
    if (!apiKey) throw new Error(`Odoo made no API key; its shell printed: ${printed.slice(-500)}`);
    await writeFile(join(folder, 'api-key'), apiKey, { mode: 0o600 });
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
