import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Instant, instantSchema, millisOf, type Sha256 } from '@tillgate/release';
import * as z from 'zod';
import { type Authority, vouchedFor } from '../evidence/authority.ts';
import { isFromTheFuture } from '../evidence/from-the-future.ts';
import { CopyError, openedCopy } from './opened-copy.ts';

/** A vulnerability database that lies in a cache of our own, ready for scans. */
export interface StagedDatabase {
  /** Folder to give the scanner as its cache. */
  cache: string;
  digest: Sha256;
  updatedAt: Instant;
  /** By what authority it may be used. */
  by: string;
}

/** Raised when a database may not or cannot be used; `rule` names the finding it becomes. */
export class DatabaseError extends Error {
  override readonly name = 'DatabaseError';
  readonly rule: 'scan/database-unusable' | 'scan/database-not-accepted' | 'scan/database-too-old';

  constructor(rule: DatabaseError['rule'], message: string, options?: ErrorOptions) {
    super(message, options);
    this.rule = rule;
  }
}

/** The schema of Trivy's database that is understood. */
const DATABASE_VERSION = 2;
const metadataSchema = z.looseObject({ Version: z.int(), UpdatedAt: instantSchema });

/**
 * Brings a database (a folder with `trivy.db` and `metadata.json`) into a cache of our own, and checks who
 * vouches for it, its schema and its age. The age stands in metadata.json only, so
 * both files must be vouched for.
 *
 * @param maxAgeMs milliseconds after its update at which it is too old
 * @param by who vouches for it, where that is known already: the repository it is of, which the policy names
 * @throws DatabaseError
 */
export async function stageDatabase(
  from: string,
  cache: string,
  demands: { authority: Authority; maxAgeMs: number; now: number; by?: string },
): Promise<StagedDatabase> {
  const into = join(cache, 'db');
  await mkdir(into, { recursive: true, mode: 0o700 });
  const [database, metadata] = await Promise.all([copied(from, 'trivy.db', into), copied(from, 'metadata.json', into)]);
  const by = demands.by ?? (await accepted([database, metadata], from, demands.authority));
  const { Version, UpdatedAt } = await metadataIn(join(into, 'metadata.json'));
  if (Version !== DATABASE_VERSION) {
    throw new DatabaseError(
      'scan/database-unusable',
      `The database is of schema ${Version}; Trivy reads schema ${DATABASE_VERSION}.`,
    );
  }
  refuseAge(millisOf(UpdatedAt), demands);
  return { cache, digest: database, updatedAt: UpdatedAt, by };
}

async function accepted(digests: Sha256[], from: string, authority: Authority): Promise<string> {
  const answer = await vouchedFor(digests, authority, join(from, 'trivy.db.sigstore.json'));
  if ('by' in answer) return answer.by;
  throw new DatabaseError(
    'scan/database-not-accepted',
    `The vulnerability database may not be used: ${answer.refused} (trivy.db ${digests[0]}, metadata.json ${digests[1]}).`,
  );
}

function refuseAge(updatedAt: number, { maxAgeMs, now }: { maxAgeMs: number; now: number }): void {
  if (isFromTheFuture(updatedAt, now)) {
    throw new DatabaseError('scan/database-unusable', 'The database claims to be of a time that has not come yet.');
  }
  if (now - updatedAt <= maxAgeMs) return;
  const hours = (millis: number) => `${Math.round(millis / 3_600_000)} hours`;
  throw new DatabaseError(
    'scan/database-too-old',
    `The vulnerability database is ${hours(now - updatedAt)} old; the policy takes at most ${hours(maxAgeMs)}.`,
  );
}

async function copied(from: string, name: string, into: string): Promise<Sha256> {
  try {
    return (await openedCopy(join(from, name), join(into, name), 0o600)).digest;
  } catch (cause) {
    if (!(cause instanceof CopyError)) throw cause;
    throw new DatabaseError('scan/database-unusable', `The vulnerability database is not usable: ${cause.message}`, {
      cause,
    });
  }
}

async function metadataIn(path: string) {
  try {
    return metadataSchema.parse(JSON.parse(await readFile(path, 'utf8')));
  } catch (cause) {
    throw new DatabaseError(
      'scan/database-unusable',
      'metadata.json beside the database does not say its version and when it was updated, so its age is unknown.',
      { cause },
    );
  }
}
