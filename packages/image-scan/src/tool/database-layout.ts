import { createReadStream, createWriteStream } from 'node:fs';
import { access, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { FileError, readBounded } from '@tillgate/host';
import { type Sha256, sha256Schema } from '@tillgate/release';
import tar from 'tar-stream';
import * as z from 'zod';
import { BLOB_LIMIT, checked } from '../image/checked.ts';
import { ImageError, parseImageReference } from '../image/image-reference.ts';
import type { BlobReader } from '../image/manifest.ts';
import { layoutReader } from '../image/oci-layout.ts';
import { type RegistryAccess, registryReader } from '../image/registry.ts';
import { DatabaseError } from './database.ts';
import { CopyError, openedCopy } from './opened-copy.ts';

/** How Trivy's makers pack the database: one archive with trivy.db and metadata.json. */
const LAYER = 'application/vnd.aquasec.trivy.db.layer.v1.tar+gzip';

/** What is taken out of the archive, whatever else it holds. */
const FILES = ['trivy.db', 'metadata.json'];

const descriptor = z.looseObject({ mediaType: z.string(), digest: sha256Schema });
const indexSchema = z.looseObject({ manifests: z.tuple([descriptor]) });
const manifestSchema = z.looseObject({ layers: z.tuple([descriptor.extend({ mediaType: z.literal(LAYER) })]) });

/** Whether a folder is an OCI layout, as `skopeo copy docker://… oci:…` or `oras copy --to-oci-layout` leaves it. */
export function isLayout(folder: string): Promise<boolean> {
  return access(join(folder, 'oci-layout')).then(
    () => true,
    () => false,
  );
}

/** Digest of the one artifact in a layout: of its manifest. @throws DatabaseError */
export async function artifactIn(layout: string): Promise<Sha256> {
  const index = readBounded(join(layout, 'index.json'), BLOB_LIMIT);
  return (await only(indexSchema, index, 'Its index.json does not name just one.')).manifests[0].digest;
}

/**
 * Unpacks the database out of an artifact. The archive is bound to the artifact by the digest in its manifest.
 *
 * @throws DatabaseError
 */
export async function unpackArtifact(
  layout: string,
  artifact: Sha256,
  into: string,
  signal: AbortSignal,
): Promise<void> {
  const manifest = checked(layoutReader(layout))(artifact, 'manifest');
  const { layers } = await only(
    manifestSchema,
    manifest,
    `Its manifest does not name just one layer of type ${LAYER}.`,
  );
  await mkdir(into, { mode: 0o700 });
  const archive = join(into, 'db.tar.gz');
  const blob = join(layout, 'blobs', 'sha256', layers[0].digest.slice('sha256:'.length));
  const { digest } = await openedCopy(blob, archive, 0o600).catch(unusable);
  if (digest !== layers[0].digest) {
    throw new DatabaseError(
      'scan/database-unusable',
      `The archive of the database that should be ${layers[0].digest} is ${digest}: it was damaged or exchanged.`,
    );
  }
  await extract(archive, into, signal);
}

/**
 * Asks a registry whether a repository holds an artifact, by digest. Whoever has copied it from there need not be
 * believed then.
 *
 * @throws DatabaseError when it does not, or cannot be asked
 */
export async function heldBy(repository: string, artifact: Sha256, access: RegistryAccess): Promise<void> {
  try {
    const reference = parseImageReference(`${repository}@${artifact}`);
    if (reference.kind !== 'registry') throw new ImageError(`${repository} is no repository of a registry.`);
    const read: BlobReader = registryReader(reference.host, reference.repository, access);
    await checked(read)(artifact, 'manifest');
  } catch (cause) {
    if (!(cause instanceof ImageError)) throw cause;
    throw new DatabaseError(
      'scan/database-not-accepted',
      `The database ${artifact} is not shown to be of ${repository}. ${cause.message}`,
      { cause },
    );
  }
}

async function only<T>(schema: z.ZodType<T>, bytes: Promise<Uint8Array>, otherwise: string): Promise<T> {
  try {
    return schema.parse(JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(await bytes)));
  } catch (cause) {
    const why = cause instanceof ImageError || cause instanceof FileError ? cause.message : otherwise;
    throw new DatabaseError('scan/database-unusable', `The OCI layout holds no database of Trivy. ${why}`, { cause });
  }
}

/** Takes the two files out, in this process: a program called tar on PATH could be anybody's. */
async function extract(archive: string, into: string, signal: AbortSignal): Promise<void> {
  const unpack = tar.extract();
  const files = async () => {
    for await (const entry of unpack) {
      const { name, type } = entry.header;
      const wanted = FILES.find((each) => each === name.replace(/^\.\//, ''));
      if (type !== 'file' || wanted === undefined) entry.resume();
      else await pipeline(entry, createWriteStream(join(into, wanted), { flags: 'wx', mode: 0o600 }), { signal });
    }
  };
  try {
    await Promise.all([pipeline(createReadStream(archive), createGunzip(), unpack, { signal }), files()]);
  } catch (cause) {
    if (signal.aborted) throw cause;
    throw new DatabaseError(
      'scan/database-unusable',
      `The archive of the database cannot be unpacked: ${(cause as Error).message}.`,
      { cause },
    );
  }
}

function unusable(cause: unknown): never {
  if (!(cause instanceof CopyError)) throw cause;
  throw new DatabaseError('scan/database-unusable', `The database's archive is not usable: ${cause.message}`, {
    cause,
  });
}
