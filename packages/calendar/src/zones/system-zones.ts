import { access } from 'node:fs/promises';
import { join } from 'node:path';
import { FileError, readBounded } from '@tillgate/host';
import { TZIF_LIMIT, tzifPeriods } from './tzif.ts';
import type { Zone } from './zone.ts';
import type { SystemZones } from './zone-tables.ts';

const FOLDER = '/usr/share/zoneinfo';
const NAME = /^[A-Za-z][A-Za-z0-9_+-]*(\/[A-Za-z0-9_+-]+){0,2}$/;

/**
 * Reads the system's zone files for the zones in use; nothing where the system has none. A zone that the
 * system does not have is left out; a damaged file is an error, for it could have been the newer truth.
 *
 * @param from start of the range the tables are for, in milliseconds since the epoch
 * @throws ZoneError @throws FileError
 */
export async function systemZones(
  names: readonly string[],
  from: number,
  to: number,
  folder = FOLDER,
): Promise<SystemZones | undefined> {
  if (!(await exists(folder))) return undefined;
  const release = await releaseOf(folder);
  const zones = new Map<string, Zone>();
  for (const name of new Set(names)) {
    const file = join(folder, name);
    if (!NAME.test(name) || !(await exists(file))) continue;
    zones.set(name, { name, periods: tzifPeriods(await readBounded(file, TZIF_LIMIT), from, to) });
  }
  return { ...(release !== undefined && { release }), zones };
}

/** The release of the database: its compact source names it in the first line, and some systems keep a file for it. */
async function releaseOf(folder: string): Promise<string | undefined> {
  for (const [file, limit] of [
    ['+VERSION', 100],
    ['tzdata.zi', 1024 * 1024],
  ] as const) {
    try {
      const head = new TextDecoder().decode((await readBounded(join(folder, file), limit)).subarray(0, 100));
      const found = /\b(20\d\d[a-z])\b/.exec(head.split('\n')[0] ?? '');
      if (found) return found[1];
    } catch (cause) {
      if (!(cause instanceof FileError)) throw cause; // a system without this file is usual
    }
  }
  return undefined;
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
