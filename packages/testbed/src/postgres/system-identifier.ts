import { randomBytes } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { crc32c } from './crc32c.ts';
import { must, PostgresError, type PostgresTools } from './tools.ts';

/**
 * Gives a copied data directory a system identifier of its own. Without that, all clusters made from one
 * template would pass for the same one, and a backup of the wrong cluster would look right.
 *
 * The identifier is the first field of `global/pg_control`, whose last field is a checksum over all
 * before it; pg_resetwal then starts the write-ahead log anew under the new identifier.
 *
 * @param data directory of a cluster that was shut down cleanly
 */
export async function renewSystemIdentifier(tools: PostgresTools, data: string): Promise<void> {
  const file = join(data, 'global', 'pg_control');
  const control = await readFile(file);
  const end = checksumOffset(control);
  // As initdb does it: seconds since the epoch above, something unlikely to meet again below.
  randomBytes(4).copy(control);
  control.writeUInt32LE(Math.floor(Date.now() / 1000), 4);
  control.writeUInt32LE(crc32c(control.subarray(0, end)), end);
  await writeFile(file, control);
  await must(await tools.path('pg_resetwal'), ['-D', data], { env: tools.env, cwd: data });
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
