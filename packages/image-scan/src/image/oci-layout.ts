import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { FileError, readBounded } from '@tillgate/host';
import type { Sha256 } from '@tillgate/release';
import { BLOB_LIMIT } from './checked.ts';
import { ImageError } from './image-reference.ts';
import type { BlobReader, PlatformImage } from './manifest.ts';

/** Reads manifests and configurations out of an OCI image layout. Its index.json is not asked: digests are. */
export function layoutReader(folder: string): BlobReader {
  return async (digest) => {
    try {
      return await readBounded(blobPath(folder, digest), BLOB_LIMIT);
    } catch (cause) {
      if (!(cause instanceof FileError)) throw cause;
      throw new ImageError(`The OCI layout ${folder} does not hold ${digest}: ${cause.message}`, { cause });
    }
  };
}

/**
 * Makes a layout that holds just this image, so that a scanner which picks an image by itself can only pick
 * this one. The layers are checked against their digests: a layout on disk is whatever was written there.
 *
 * @throws ImageError when a layer is missing or is not what its digest says
 */
export async function layoutOfOne(folder: string, image: PlatformImage, into: string): Promise<void> {
  for (const digest of image.layers) {
    const found = await digestOfFile(blobPath(folder, digest)).catch((cause: Error) => {
      throw new ImageError(`The layer ${digest} cannot be read: ${cause.message}`, { cause });
    });
    if (found !== digest) throw new ImageError(`The layer that should be ${digest} is ${found}: it was exchanged.`);
  }
  await mkdir(into, { recursive: true });
  await symlink(resolve(folder, 'blobs'), join(into, 'blobs'));
  const { descriptor, manifest } = image;
  await writeFile(join(into, 'oci-layout'), '{"imageLayoutVersion":"1.0.0"}');
  await writeFile(
    join(into, 'index.json'),
    JSON.stringify({ schemaVersion: 2, manifests: [{ ...descriptor, digest: manifest }] }),
  );
}

function blobPath(folder: string, digest: Sha256): string {
  return join(folder, 'blobs', 'sha256', digest.slice('sha256:'.length));
}

async function digestOfFile(path: string): Promise<Sha256> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(path, { highWaterMark: 1024 * 1024 }), hash);
  return `sha256:${hash.digest('hex')}`;
}
