import { randomBytes } from 'node:crypto';
import { open, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { crc32c } from './crc32c.ts';
import { PostgresError } from './tools.ts';

// XLogLongPageHeaderData of access/xlog_internal.h: the system identifier follows the 24 bytes of the short header.
const OFFSET_IN_SEGMENT = 24;

/**
 * Gives a copied data directory a system identifier of its own. Without that, all clusters made from one
 * template would pass for the same one, and a backup of the wrong cluster would look right.
 *
 * The identifier is the first field of `global/pg_control`, whose last field is a checksum over all before
 * it, and it is repeated at the head of each segment of the write-ahead log. pg_resetwal could do the
 * second half, but it forces the disk to take the whole copy first, which takes seconds.
 *
 * @param data directory of a cluster that was shut down cleanly
 */
export async function renewSystemIdentifier(data: string): Promise<void> {
  const file = join(data, 'global', 'pg_control');
  const control = await readFile(file);
  const end = checksumOffset(control);
  const old = control.readBigUInt64LE();
  // As initdb does it: seconds since the epoch above, something unlikely to meet again below.
  randomBytes(4).copy(control);
  control.writeUInt32LE(Math.floor(Date.now() / 1000), 4);
  control.writeUInt32LE(crc32c(control.subarray(0, end)), end);
  await writeFile(file, control);

  const log = join(data, 'pg_wal');
  const segments = (await readdir(log)).filter((name) => /^[0-9A-F]{24}$/.test(name));
  for (const name of segments) await renewInSegment(join(log, name), old, control.subarray(0, 8));
}

async function renewInSegment(file: string, old: bigint, identifier: Uint8Array): Promise<void> {
  const segment = await open(file, 'r+');
  try {
    const present = Buffer.alloc(8);
    await segment.read(present, 0, 8, OFFSET_IN_SEGMENT);
    // A segment that is kept for later use may be blank.
    if (present.readBigUInt64LE() === old) await segment.write(identifier, 0, 8, OFFSET_IN_SEGMENT);
  } finally {
    await segment.close();
  }
}

/** The length of pg_control's fields differs between versions: the checksum is where it fits. */
function checksumOffset(control: Buffer): number {
  for (let offset = 200; offset < 400; offset += 4) {
    if (control.readUInt32LE(offset) === crc32c(control.subarray(0, offset))) return offset;
  }
  throw new PostgresError(
    'No checksum in pg_control fits what stands before it, so the template is damaged or of an unknown version. ' +
      "Remove the test bed's cache of postgresql templates and start again.",
  );
}
