import { type Ended, silentLog, systemPrograms } from '@tillgate/host';
import { type Component, component, programOf } from '../components/index.ts';
import { notAsRoot, programAndArgs } from '../runs/index.ts';

const TIMEOUT_MS = 300_000;

/** Raised when one of PostgreSQL's programs, or pgBackRest, ends with another exit code than 0. */
export class PostgresError extends Error {
  override readonly name = 'PostgresError';
}

/** PostgreSQL's programs and pgBackRest, with the environment they need. */
export interface PostgresTools {
  version: string;
  /** The whole environment of each of these programs. */
  env: Readonly<Record<string, string>>;
  /** Absolute path of one of PostgreSQL's programs. */
  path(program: string): Promise<string>;
  /** Absolute path of pgBackRest, which only clusters with a repository need. */
  pgbackrest(): Promise<string>;
}

/** @throws MissingComponent */
export async function postgresTools(): Promise<PostgresTools> {
  const postgresql = await component('postgresql');
  let pgbackrest: Promise<Component> | undefined;
  return {
    version: postgresql.version,
    env: { PATH: process.env.PATH ?? '/usr/bin:/bin', LANG: 'C.UTF-8', TZ: 'UTC', ...postgresql.env },
    path: (program) => programOf(postgresql, program),
    async pgbackrest() {
      pgbackrest ??= component('pgbackrest');
      return (await pgbackrest).path;
    },
  };
}

/**
 * Runs a short program as PostgreSQL's own user would, and returns how it ended, whatever the code.
 *
 * @throws ProgramError if it cannot be started or runs too long
 */
export function attempt(
  file: string,
  args: readonly string[],
  options: { env: Readonly<Record<string, string>>; cwd: string; input?: string },
): Promise<Ended> {
  const words = programAndArgs([...notAsRoot(), file, ...args]);
  return systemPrograms(silentLog).run(words.file, words.args, { ...options, timeoutMs: TIMEOUT_MS });
}

/** As `attempt`, and the program must succeed. @throws PostgresError with what it said */
export async function must(...call: Parameters<typeof attempt>): Promise<Ended> {
  const ended = await attempt(...call);
  if (ended.exitCode === 0) return ended;
  const said = (ended.stderr.trim() || ended.stdout.trim()).slice(-2_000);
  throw new PostgresError(`${call[0]} ${call[1].join(' ')} ended with exit code ${ended.exitCode}: ${said}`);
}
