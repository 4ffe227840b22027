import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { openRun, type Run } from '../runs/index.ts';
import { recovered, type Server, serve } from './server.ts';
import { must, type PostgresTools } from './tools.ts';

/** The one cluster of a repository. */
const STANZA = 'main';

/** A pgBackRest repository: where a cluster's backups and its write-ahead log go. */
export interface Repository {
  /** Folder of the backups and the archive. */
  folder: string;
  /** pgBackRest's configuration file. */
  config: string;
  stanza: string;
  /** Absolute path of pgBackRest. */
  program: string;
  /** The whole environment to run it with. */
  env: Readonly<Record<string, string>>;
  /** Runs pgBackRest on this repository and returns its standard output. @throws PostgresError */
  pgbackrest(...args: string[]): Promise<string>;
}

/** Makes an empty repository for the cluster in `data`, which is not running yet. */
export async function createRepository(tools: PostgresTools, run: Run, data: string): Promise<Repository> {
  const program = await tools.pgbackrest();
  const folder = join(run.folder, 'repository');
  const config = join(run.folder, 'pgbackrest.conf');
  const paths = Object.fromEntries(
    ['lock', 'spool', 'log'].map((each) => [each, join(run.folder, `pgbackrest-${each}`)]),
  );
  for (const path of [folder, ...Object.values(paths)]) await mkdir(path);
  await writeFile(config, configuration(folder, paths, data, join(run.folder, 'socket')), { mode: 0o600 });
  const repository: Repository = {
    folder,
    config,
    stanza: STANZA,
    program,
    env: tools.env,
    async pgbackrest(...args) {
      const all = [`--config=${config}`, `--stanza=${STANZA}`, ...args];
      return (await must(program, all, { env: tools.env, cwd: run.folder })).stdout;
    },
  };
  await repository.pgbackrest('stanza-create', '--no-online');
  return repository;
}

function configuration(folder: string, paths: Record<string, string>, data: string, socketDir: string): string {
  const lines = [
    '[global]',
    `repo1-path=${folder}`,
    ...Object.entries(paths).map(([name, path]) => `${name}-path=${path}`),
    'log-level-file=off',
    'log-level-console=warn',
    'compress-type=lz4',
    'start-fast=y',
    `[${STANZA}]`,
    `pg1-path=${data}`,
    `pg1-socket-path=${socketDir}`,
    'pg1-user=postgres',
  ];
  return `${lines.join('\n')}\n`;
}

/** Settings with which a server sends its write-ahead log to the repository. */
export function archiving(repository: Repository): Record<string, string> {
  const push = [repository.program, `--config=${repository.config}`, `--stanza=${STANZA}`, 'archive-push'];
  // The setting is a command line of a shell by PostgreSQL's definition; paths are quoted for it.
  const quoted = push.map((word) => `'${word.replaceAll("'", `'\\''`)}'`).join(' ');
  return { archive_mode: 'on', archive_command: `${quoted} "%p"`, wal_level: 'replica' };
}

/** What to restore. Without a target all of the archived log is replayed. */
export interface RestoreRequest {
  /** Label of the backup to begin from; the fitting one is chosen unless told. */
  backup?: string;
  /** Point in time to stop at, with an offset from UTC, microseconds allowed; pgBackRest 2.45 knows none after 2037. */
  target?: string;
}

/** Restores into a new run and starts it; it archives nothing. @throws PostgresError with the server's log */
export async function restore(
  tools: PostgresTools,
  repository: Repository,
  request: RestoreRequest,
): Promise<{ run: Run; server: Server }> {
  const run = await openRun('postgres');
  try {
    const data = join(run.folder, 'data');
    await mkdir(data, { mode: 0o700 });
    const target =
      request.target === undefined ? [] : ['--type=time', `--target=${request.target}`, '--target-action=promote'];
    await repository.pgbackrest(
      'restore',
      `--pg1-path=${data}`,
      '--archive-mode=off',
      ...(request.backup === undefined ? [] : [`--set=${request.backup}`]),
      ...target,
    );
    const server = await serve(tools, run, data, { archive_mode: 'off' });
    await recovered(tools, server);
    return { run, server };
  } catch (cause) {
    await run.close();
    throw cause;
  }
}
