import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { appendFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fillPlace } from '../components/cache.ts';
import { cacheFolder, withLock } from '../components/index.ts';
import { renewSystemIdentifier } from './system-identifier.ts';
import { must, type PostgresTools } from './tools.ts';

// Whoever can enter the socket's folder is its owner; over TCP everyone on the machine could knock.
const ACCESS = `local all all trust
local replication all trust
host all all 127.0.0.1/32 scram-sha-256
`;

const INITDB = ['-U', 'postgres', '-E', 'UTF8', '--locale=C.UTF-8', '--data-checksums', '--auth=trust', '--no-sync'];

/**
 * The data directory that all clusters begin as: made by initdb once for each version of PostgreSQL and
 * kept in the cache. Clusters get copies; nothing ever runs on the template itself.
 */
export async function templateData(tools: PostgresTools): Promise<string> {
  const made = createHash('sha256')
    .update(JSON.stringify([INITDB, ACCESS]))
    .digest('hex')
    .slice(0, 8);
  const place = join(cacheFolder(), 'templates', `postgresql-${tools.version}-${made}`);
  if (existsSync(place)) return place;
  await withLock(join(cacheFolder(), 'locks', 'postgresql-template'), async () => {
    if (existsSync(place)) return;
    await fillPlace(place, async (folder) => {
      await rm(folder, { recursive: true });
      await must(await tools.path('initdb'), [...INITDB, '-D', folder], { env: tools.env, cwd: cacheFolder() });
      await rm(join(folder, 'pg_hba.conf'));
      await appendFile(join(folder, 'pg_hba.conf'), ACCESS, { mode: 0o600 });
    });
  });
  return place;
}

/** Copies a data directory to a new place as a cluster of its own: the same data, another system identifier. */
export async function copyData(tools: PostgresTools, from: string, to: string): Promise<void> {
  // Blocks are shared where the file system can do that (btrfs, xfs) and copied elsewhere; never hard links.
  await must('cp', ['--archive', '--reflink=auto', from, to], { env: tools.env, cwd: cacheFolder() });
  await renewSystemIdentifier(to);
}

/** Begins the write-ahead log of a cluster that was shut down anew, so that copies of it are small. */
export async function shrinkLog(tools: PostgresTools, data: string): Promise<void> {
  await must(await tools.path('pg_resetwal'), ['-D', data], { env: tools.env, cwd: data });
}
