import { createHash } from 'node:crypto';
import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import type { Sha256 } from '@tillgate/release';

/** Raised when a file that is to be used cannot be; the message says why. */
export class CopyError extends Error {
  override readonly name = 'CopyError';
}

const CHUNK = 1024 * 1024;

/**
 * Copies a file while its digest is taken, so that what was checked is what is used: the original may be
 * exchanged at any moment afterwards, the copy lies where nobody else writes.
 *
 * A symbolic link is followed once, when the file is opened; only a regular file is taken.
 *
 * @param mode permissions of the copy, for example 0o500 for a program
 * @throws CopyError
 */
export async function openedCopy(from: string, to: string, mode: number): Promise<{ digest: Sha256 }> {
  // Without O_NONBLOCK a planted pipe would stall the gate for good.
  const source = await open(from, constants.O_RDONLY | constants.O_NONBLOCK).catch((cause: NodeJS.ErrnoException) => {
    throw new CopyError(
      cause.code === 'ENOENT' ? `There is no file ${from}.` : `${from} cannot be opened (${cause.code}).`,
      { cause },
    );
  });
  try {
    const stat = await source.stat();
    if (!stat.isFile()) throw new CopyError(`${from} is ${stat.isDirectory() ? 'a folder' : 'no regular file'}.`);
    if (stat.size === 0) throw new CopyError(`${from} is empty.`);
    const target = await open(to, 'wx', mode);
    try {
      return await copy(source, target);
    } finally {
      await target.close();
    }
  } finally {
    await source.close();
  }
}

async function copy(source: FileHandle, target: FileHandle): Promise<{ digest: Sha256 }> {
  const hash = createHash('sha256');
  const buffer = Buffer.alloc(CHUNK);
  let at = 0;
  for (;;) {
    const { bytesRead } = await source.read(buffer, 0, CHUNK, at);
    if (bytesRead === 0) return { digest: `sha256:${hash.digest('hex')}` };
    const part = buffer.subarray(0, bytesRead);
    hash.update(part);
    const { bytesWritten } = await target.write(part, 0, bytesRead, at);
    if (bytesWritten < bytesRead) throw new CopyError('The copy could not be written whole: is the disk full?');
    at += bytesRead;
  }
}
