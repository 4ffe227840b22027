import { lstatSync, mkdirSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { tmpdir, userInfo } from 'node:os';
import { dirname, join } from 'node:path';

/**
 * Where running components keep their data: TILLGATE_RUNS, else `runs` in this user's folder below the
 * system's temporary one. The path is short because a socket's path may have no more than 107 bytes.
 */
export function runsFolder(env: NodeJS.ProcessEnv = process.env): string {
  return env.TILLGATE_RUNS ?? join(tmpdir(), `tillgate-${userInfo().uid}`, 'runs');
}

/**
 * The same folder, made if it is not there. Whoever could write into it could put a socket or a database
 * in the place of ours, so it is refused if it, or the folder around it, lets others do that.
 *
 * @throws Error
 */
export function ownRunsFolder(env: NodeJS.ProcessEnv = process.env): string {
  const folder = runsFolder(env);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  for (const each of env.TILLGATE_RUNS === undefined ? [dirname(folder), folder] : [folder]) {
    const { uid, mode } = lstatSync(each);
    if (uid === userInfo().uid && (mode & 0o022) === 0) continue;
    throw new Error(
      `${each} belongs to another user or can be written by others, who could replace what the test bed keeps there. ` +
        'Remove it, or let TILLGATE_RUNS name a folder of your own.',
    );
  }
  return folder;
}

/** Names in a folder; none if there is no such folder. */
export async function namesIn(folder: string): Promise<string[]> {
  return readdir(folder).catch((cause: NodeJS.ErrnoException) => {
    if (cause.code === 'ENOENT') return [];
    throw cause;
  });
}
