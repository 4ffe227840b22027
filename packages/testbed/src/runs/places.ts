import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';

/**
 * Where running components keep their data: TILLGATE_RUNS, else `runs` in this user's folder below the
 * system's temporary one. The path is short because a socket's path may have no more than 107 bytes.
 */
export function runsFolder(env: NodeJS.ProcessEnv = process.env): string {
  return env.TILLGATE_RUNS ?? join(tmpdir(), `tillgate-${userInfo().uid}`, 'runs');
}
