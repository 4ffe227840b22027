import { randomBytes } from 'node:crypto';
import { constants } from 'node:fs';
import { mkdir, open, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';

/** Raised when a file is not what may be read; the message says why. */
export class FileError extends Error {
  override readonly name = 'FileError';
}

/** How much is read at once, in bytes: a small file must not cost the memory of the largest one allowed. */
const CHUNK = 64 * 1024;

/** Opening a pipe without a writer would wait for one; with this it returns, and is then refused. */
const READ = constants.O_RDONLY | (constants.O_NONBLOCK ?? 0);

/**
 * Reads a regular file whole, but never more than `limit` bytes of it. Folders, devices and pipes are
 * refused, so that a planted path cannot stall or flood the reader.
 *
 * @throws FileError
 */
export async function readBounded(path: string, limit: number): Promise<Uint8Array> {
  const handle = await open(path, READ).catch((cause: NodeJS.ErrnoException) => {
    throw new FileError(
      cause.code === 'ENOENT' ? `There is no file ${path}.` : `${path} cannot be opened (${cause.code}).`,
      { cause },
    );
  });
  try {
    const stat = await handle.stat();
    if (!stat.isFile()) throw new FileError(`${path} is not a regular file.`);
    if (stat.size > limit) throw new FileError(`${path} has ${stat.size} bytes; at most ${limit} are read.`);
    const chunks: Uint8Array[] = [];
    let length = 0;
    while (length <= limit) {
      const chunk = Buffer.alloc(Math.min(CHUNK, limit + 1 - length));
      const { bytesRead } = await handle.read(chunk, 0, chunk.length);
      if (bytesRead === 0) return Buffer.concat(chunks, length);
      chunks.push(chunk.subarray(0, bytesRead));
      length += bytesRead;
    }
    throw new FileError(`${path} grew beyond ${limit} bytes while it was read.`);
  } finally {
    await handle.close();
  }
}

/**
 * Writes a file so that a reader sees the old content or the whole new one, never a part: into a
 * neighbour first, synced, then renamed over it. Text may come in pieces, so that it need not be held whole.
 */
export async function writeWhole(path: string, content: Uint8Array | string | Iterable<string>): Promise<void> {
  const folder = dirname(path);
  await mkdir(folder, { recursive: true });
  const neighbour = join(folder, `.${basename(path)}.${randomBytes(6).toString('hex')}.part`);
  const handle = await open(neighbour, 'wx', 0o644);
  try {
    try {
      await handle.writeFile(content);
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
