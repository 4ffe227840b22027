import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { parseDuration, type Sha256 } from '@tillgate/release';
import { vouchedFor } from '../evidence/authority.ts';
import { DatabaseError, type StagedDatabase, stageDatabase } from '../tool/database.ts';
import { artifactIn, heldBy, isLayout, unpackArtifact } from '../tool/database-layout.ts';
import { fetchDatabase, ToolError, type Trivy } from '../tool/trivy.ts';
import type { ScanRequest, ScanWorld } from './request.ts';

/**
 * Makes the vulnerability database ready: the one that lies on the runner, as files or as the artifact it was
 * published as, or one that is fetched now.
 *
 * @throws DatabaseError
 */
export async function databaseFor(trivy: Trivy, request: ScanRequest, world: ScanWorld): Promise<StagedDatabase> {
  const { database } = request.policy;
  const { databasePath, databaseRepository } = request;
  const demands = { authority: database, maxAgeMs: parseDuration(database.maxAge), now: world.now };
  const cache = join(world.temp, 'cache');
  if (databasePath !== undefined && (await isLayout(databasePath))) {
    const artifact = await artifactIn(databasePath);
    const by = await vouchedArtifact(artifact, databasePath, request, world);
    const unpacked = join(world.temp, 'unpacked');
    await unpackArtifact(databasePath, artifact, unpacked, world.signal);
    return stageDatabase(unpacked, cache, { ...demands, by });
  }
  if (databasePath !== undefined) return stageDatabase(databasePath, cache, demands);
  if (databaseRepository === undefined) {
    throw new DatabaseError(
      'scan/database-unusable',
      'No vulnerability database was given: name `db-path` or `db-repository`.',
    );
  }
  const by = `fetched by the gate from ${named(databaseRepository, request)}`;
  return stageDatabase(await fetched(trivy, databaseRepository, world), cache, { ...demands, by });
}

/** Who vouches for an artifact: the policy or a key of it, else the repository that the policy names and that holds it. */
async function vouchedArtifact(
  artifact: Sha256,
  layout: string,
  request: ScanRequest,
  world: ScanWorld,
): Promise<string> {
  const answer = await vouchedFor([artifact], request.policy.database, join(layout, 'index.json.sigstore.json'));
  if ('by' in answer) return answer.by;
  const { databaseRepository: repository } = request;
  if (repository === undefined) {
    throw new DatabaseError(
      'scan/database-not-accepted',
      `The vulnerability database ${artifact} may not be used: ${answer.refused}, and no \`db-repository\` says where it was copied from.`,
    );
  }
  await heldBy(named(repository, request), artifact, {
    dockerConfig: world.environment.DOCKER_CONFIG,
    signal: world.signal,
  });
  return `artifact ${artifact}, which ${repository} holds`;
}

/** A repository, once the policy names it. */
function named(repository: string, { policy }: ScanRequest): string {
  if (policy.database.repositories.includes(repository)) return repository;
  throw new DatabaseError(
    'scan/database-not-accepted',
    `The database may not be fetched from ${repository}: imageScan.database.repositories of the policy does not name it.`,
  );
}

async function fetched(trivy: Trivy, repository: string, world: ScanWorld): Promise<string> {
  const cache = join(world.temp, 'fetched');
  await mkdir(cache);
  const { programs, environment, signal } = world;
  try {
    await fetchDatabase(trivy, programs, { repository, cache, environment, signal });
  } catch (cause) {
    if (!(cause instanceof ToolError)) throw cause;
    throw new DatabaseError(
      'scan/database-unusable',
      `The database could not be fetched from ${repository}. ${cause.message}`,
      { cause },
    );
  }
  return join(cache, 'db');
}
