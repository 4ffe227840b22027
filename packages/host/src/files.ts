import { randomBytes } from 'node:crypto';
import { mkdir, open, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';

/** Raised when a file is not what may be read; the message says why. */
export class FileError extends Error {
  override readonly name = 'FileError';
}

/**
 * Reads a regular file whole, but never more than `limit` bytes of it. Folders, devices and pipes are
 * refused, so that a planted path cannot stall or flood the reader.
 *
 * @throws FileError
 */
export async function readBounded(path: string, limit: number): Promise<Uint8Array> {
  const handle = await open(path, 'r').catch((cause: NodeJS.ErrnoException) => {
    throw new FileError(
      cause.code === 'ENOENT' ? `There is no file ${path}.` : `${path} cannot be opened (${cause.code}).`,
      { cause },
    );
  });
  try {
    const stat = await handle.stat();
    if (!stat.isFile()) throw new FileError(`${path} is not a regular file.`);
    if (stat.size > limit) throw new FileError(`${path} has ${stat.size} bytes; at most ${limit} are read.`);
    const bytes = Buffer.alloc(limit + 1);
    let length = 0;
    while (length <= limit) {
      const { bytesRead } = await handle.read(bytes, length, bytes.length - length);
      if (bytesRead === 0) return bytes.subarray(0, length);
      length += bytesRead;
    }
    throw new FileError(`${path} grew beyond ${limit} bytes while it was read.`);
  } finally {
    await handle.close();
  }
}

/**
 * Writes a file so that a reader sees the old content or the whole new one, never a part: into a
 * neighbour first, synced, then renamed over it.
 */
export async function writeWhole(path: string, bytes: Uint8Array | string): Promise<void> {
  const folder = dirname(path);
  await mkdir(folder, { recursive: true });
  const neighbour = join(folder, `.${basename(path)}.${randomBytes(6).toString('hex')}.part`);
  const handle = await open(neighbour, 'wx', 0o644);
  try {
    try {
      await handle.writeFile(bytes);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(neighbour, path);
  } catch (cause) {
    await rm(neighbour, { force: true });
    throw cause;
  }
}
