import { chmodSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { bedsFolder } from '../bed/folders.ts';
import { tryHold } from '../components/lock.ts';

/** Tells who keeps the bed that is up. */
export const UP_FILE = (): string => join(bedsFolder(), 'up.json');

/** What a shell may read to reach the bed that is up. */
export const ENV_FILE = (): string => join(bedsFolder(), 'up.env');

/** Log of the process that keeps it. */
export const UP_LOG = (): string => join(bedsFolder(), 'up.log');

/** Says that a bed is up for as long as the caller lives; nothing if one is up already. */
export function holdUp(): { release(): void } | undefined {
  const folder = bedsFolder();
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  // What is written there opens databases: nobody else may look into it.
  chmodSync(folder, 0o700);
  return tryHold(join(folder, 'up.lock'));
}
