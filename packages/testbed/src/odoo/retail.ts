import { existsSync } from 'node:fs';
import { cp, mkdir, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { type Postgres, type PostgresOptions, startPostgres } from '../postgres/index.ts';
import { openRun } from '../runs/index.ts';
import { ODOO_19 } from './generations.ts';
import { RETAIL, type RetailKind, type RetailTemplate, retailTemplate } from './retail-template.ts';
import type { Sandbox } from './sandbox.ts';

/**
 * A retailer's data: a cluster with the pristine retail database, and the data folder that all of its
 * Odoo servers share, as a shared volume would be.
 */
export interface Retail {
  readonly postgres: Postgres;
  /** Odoo's data folder: `filestore/<database>` and sessions. */
  readonly data: string;
  readonly template: RetailTemplate;
  /** Copies a database, the pristine one unless told, with its filestore; returns the copy's name. */
  clone(options?: { name?: string; from?: string }): Promise<string>;
  /** Drops a database and its filestore. */
  drop(database: string): Promise<void>;
  /** What an Odoo on these data sees, with add-ons of its own. */
  sandbox(addons?: readonly string[]): Sandbox;
  /** Environment of a container that runs Odoo on a database of these data, for the runtime in `runtime.ts`. */
  podEnv(database: string, addons?: readonly string[]): Record<string, string>;
  stop(): Promise<void>;
}

/** Progress of a one-time build goes to standard error unless told otherwise. */
export const toStderr = (line: string): void => {
  process.stderr.write(`testbed: ${line}\n`);
};

/**
 * Starts a cluster that has the retail database, with `webshop` one that sells on the web as well. The
 * first time, Odoo and the database are made, which takes a minute or two and tells its progress.
 *
 * @throws MissingComponent, OdooError, PostgresError
 */
export async function startRetail(
  options: Omit<PostgresOptions, 'template'> & RetailKind & { say?: (line: string) => void } = {},
): Promise<Retail> {
  const { say = toStderr, generation = ODOO_19, webshop = false, ...cluster } = options;
  const template = await retailTemplate(say, { generation, webshop });
  const run = await openRun('retail');
  try {
    const data = join(run.folder, 'data');
    await mkdir(join(data, 'filestore'), { recursive: true });
    const postgres = await startPostgres({ ...cluster, template: template.cluster });
    return new RunningRetail(template, postgres, data, async () => {
      await postgres.stop();
      await run.close();
    });
  } catch (cause) {
    await run.close();
    throw cause;
  }
}

class RunningRetail implements Retail {
  readonly template: RetailTemplate;
  readonly postgres: Postgres;
  readonly data: string;
  readonly stop: () => Promise<void>;

  constructor(template: RetailTemplate, postgres: Postgres, data: string, stop: () => Promise<void>) {
    this.template = template;
    this.postgres = postgres;
    this.data = data;
    this.stop = stop;
  }

  async clone({ name, from = RETAIL }: { name?: string; from?: string } = {}): Promise<string> {
    const database = await this.postgres.createDatabase({ ...(name && { name }), template: from, owner: 'odoo' });
    const filestore = join(from === RETAIL ? this.template.data : this.data, 'filestore', from);
    if (existsSync(filestore)) await cp(filestore, this.#filestore(database), { recursive: true });
    // What Odoo itself renews when it copies a database: tokens of one copy must not open another.
    await this.postgres.psql(
      "UPDATE ir_config_parameter SET value = gen_random_uuid() WHERE key IN ('database.uuid', 'database.secret')",
      database,
    );
    // Scheduled jobs of a copy are as late as its original is old, and only some servers of the bed run any.
    await this.postgres.psql("UPDATE ir_cron SET nextcall = now() at time zone 'utc' + interval '1 hour'", database);
    if (Number.parseFloat(this.template.generation.version) >= 15) {
      await this.postgres.psql('DELETE FROM ir_cron_trigger', database);
    }
    return database;
  }

  async drop(database: string): Promise<void> {
    await this.postgres.dropDatabase(database);
    await rm(this.#filestore(database), { recursive: true, force: true });
  }

  sandbox(addons: readonly string[] = []): Sandbox {
    const { socketDir, port } = this.postgres;
    return { root: this.template.root, socketDir, port, data: this.data, addons: addons.map((each) => resolve(each)) };
  }

  podEnv(database: string, addons: readonly string[] = []): Record<string, string> {
    const { socketDir, port } = this.postgres;
    return {
      PGHOST: socketDir,
      PGPORT: String(port),
      ODOO_DATABASE: database,
      ODOO_DATA: this.data,
      ODOO_ADDONS: addons.map((each) => resolve(each)).join(':'),
    };
  }

  #filestore(database: string): string {
    return join(this.data, 'filestore', database);
  }
}
