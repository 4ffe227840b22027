import { digestOf, type Sha256 } from '@tillgate/release';
import { ImageError } from './image-reference.ts';
import type { BlobReader } from './manifest.ts';

/** Manifests and configurations larger than this are refused: registries refuse them too (4 MiB). */
export const BLOB_LIMIT = 4 * 1024 * 1024;

/** Wraps a reader so that only bytes with the digest they were asked by come through; each is read once. */
export function checked(read: BlobReader): BlobReader {
  const known = new Map<Sha256, Uint8Array>();
  return async (digest, what) => {
    const there = known.get(digest);
    if (there) return there;
    const bytes = await read(digest, what);
    const found = digestOf(bytes);
    if (found !== digest) {
      throw new ImageError(`The ${what} that should be ${digest} is ${found}: it was damaged or exchanged.`);
    }
    known.set(digest, bytes);
    return bytes;
  };
}
