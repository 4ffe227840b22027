import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { openRun, type Run } from '../runs/index.ts';
import { archiving, createRepository, type Repository, type RestoreRequest, restore } from './repository.ts';
import { psql, type Server, serve } from './server.ts';
import { copyData, templateData } from './template.ts';
import { PostgresError, type PostgresTools, postgresTools } from './tools.ts';

export interface PostgresOptions {
  /** Archives its write-ahead log to a pgBackRest repository of its own. */
  archive?: boolean;
  /** Settings of postgresql.conf. */
  settings?: Readonly<Record<string, string>>;
  /** A data directory to begin as, shut down cleanly; an empty cluster unless told. */
  template?: string;
}

/** A running cluster. Over its socket it trusts its owner; over TCP it asks for the password in the URL. */
export interface Postgres {
  readonly version: string;
  /** URL of the database `postgres` for its superuser, over TCP on the loopback address. */
  readonly url: string;
  urlOf(database: string): string;
  /** Folder of the Unix socket, for `PGHOST`; the port is part of the socket's name. */
  readonly socketDir: string;
  readonly port: number;
  readonly data: string;
  /** Present when it was started with `archive`. */
  readonly backups?: Backups;
  /** Runs SQL and returns rows: fields parted by `|`, rows by line ends. @throws PostgresError */
  psql(sql: string, database?: string): Promise<string>;
  /** Creates a database, named by itself unless told, empty or as a copy of another; returns its name. */
  createDatabase(options?: { name?: string; template?: string; owner?: string }): Promise<string>;
  dropDatabase(name: string): Promise<void>;
  /** Absolute path of one of PostgreSQL's programs, such as `pg_dump`. */
  program(name: string): Promise<string>;
  /** The whole environment with which its programs reach this cluster. */
  readonly env: Readonly<Record<string, string>>;
  /** Stops the server and keeps its data, so that a copy may become a template. */
  shutDown(): Promise<void>;
  /** Stops the server and removes all it had, its repository too. */
  stop(): Promise<void>;
}

/** A cluster that was started with `archive`. */
export interface ArchivingPostgres extends Postgres {
  readonly backups: Backups;
}

/** What a cluster with a repository can do. */
export interface Backups extends Repository {
  /**
   * Takes a backup and returns its label. pgBackRest restores to a time from backups that ended in an
   * earlier second only: so it returns when that second is over, and every later time can be reached.
   */
  take(type?: 'full' | 'diff' | 'incr'): Promise<string>;
  /** Ends the current segment of the write-ahead log and waits until it is archived. */
  archiveNow(): Promise<void>;
  /** Restores into a further cluster, which archives nothing, and waits until it has left recovery. */
  restore(request?: RestoreRequest): Promise<Postgres>;
}

/**
 * Starts a PostgreSQL cluster from the template: its own data, socket, port, password and system
 * identifier. As many as needed run side by side.
 *
 * @throws MissingComponent, PostgresError
 */
export function startPostgres(options: PostgresOptions & { archive: true }): Promise<ArchivingPostgres>;
export function startPostgres(options?: PostgresOptions): Promise<Postgres>;
export async function startPostgres(options: PostgresOptions = {}): Promise<Postgres> {
  const tools = await postgresTools();
  const template = options.template ?? (await templateData(tools));
  const run = await openRun('postgres');
  try {
    const data = join(run.folder, 'data');
    await copyData(tools, template, data);
    const repository = options.archive ? await createRepository(tools, run, data) : undefined;
    const settings = { ...(repository && archiving(repository)), ...options.settings };
    return await cluster(tools, run, await serve(tools, run, data, settings), repository);
  } catch (cause) {
    await run.close();
    throw cause;
  }
}

async function cluster(tools: PostgresTools, run: Run, server: Server, repository?: Repository): Promise<Postgres> {
  const password = randomBytes(16).toString('hex');
  const sql = (text: string, database = 'postgres') => psql(tools, server, database, text);
  await sql(`ALTER ROLE postgres PASSWORD '${password}'`);
  const urlOf = (database: string) =>
    `postgresql://postgres:${password}@127.0.0.1:${server.port}/${encodeURIComponent(database)}`;
  return {
    version: tools.version,
    url: urlOf('postgres'),
    urlOf,
    socketDir: server.socketDir,
    port: server.port,
    data: server.data,
    env: { ...tools.env, PGHOST: server.socketDir, PGPORT: String(server.port), PGUSER: 'postgres' },
    ...(repository && { backups: backupsOf(tools, repository, server) }),
    psql: sql,
    async createDatabase({ name = `db_${randomBytes(4).toString('hex')}`, template, owner } = {}) {
      // Copying files is faster than writing a copy to the log, unless the template is nearly empty.
      const copied = template && `TEMPLATE ${identifier(template)} STRATEGY FILE_COPY`;
      const clauses = [copied, owner && `OWNER ${identifier(owner)}`];
      await sql(`CREATE DATABASE ${identifier(name)} ${clauses.filter(Boolean).join(' ')}`);
      return name;
    },
    async dropDatabase(name) {
      await sql(`DROP DATABASE ${identifier(name)} WITH (FORCE)`);
    },
    program: tools.path,
    shutDown: () => server.process.stop('SIGINT', 30_000),
    stop: () => run.close(),
  };
}

/** What pgBackRest tells of a repository, as far as it is read here; times are seconds since the epoch. */
interface Info {
  backup: { label: string; timestamp: { start: number; stop: number } }[];
}

function backupsOf(tools: PostgresTools, repository: Repository, server: Server): Backups {
  return {
    ...repository,
    async take(type = 'full') {
      await repository.pgbackrest('backup', `--type=${type}`, `--pg1-port=${server.port}`);
      const [info] = JSON.parse(await repository.pgbackrest('info', '--output=json')) as Info[];
      const backup = info?.backup.at(-1);
      if (!backup) throw new PostgresError('pgBackRest took a backup and then lists none.');
      await sleep(Math.max(0, (backup.timestamp.stop + 1) * 1000 - Date.now()));
      return backup.label;
    },
    async archiveNow() {
      await repository.pgbackrest('check', `--pg1-port=${server.port}`);
    },
    async restore(request = {}) {
      const restored = await restore(tools, repository, request);
      return cluster(tools, restored.run, restored.server);
    },
  };
}

/** A name as SQL writes it. */
function identifier(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}
