import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as sleep } from 'node:timers/promises';

const SQLITE_BUSY = 5;

/**
 * Runs `work` while no other process holds the same lock file.
 *
 * SQLite's exclusive transaction is used for nothing but its lock: the kernel releases it when the
 * process ends, however it ends, so there is no stale lock to judge after `kill -9`.
 *
 * @param waiting called once if another process holds the lock
 */
export async function withLock<T>(file: string, work: () => Promise<T>, waiting: () => void = () => {}): Promise<T> {
  await mkdir(dirname(file), { recursive: true });
  const database = new DatabaseSync(file);
  try {
    for (let told = false; !tryLock(database); await sleep(100)) {
      if (!told) waiting();
      told = true;
    }
    return await work();
  } finally {
    database.close();
  }
}

/** Locks held for the life of the process. A handle that nothing refers to would be collected, and its lock with it. */
const held = new Set<DatabaseSync>();

/** Takes a lock until it is released or this process ends, or tells that another one has it. */
export function tryHold(file: string): { release(): void } | undefined {
  const database = new DatabaseSync(file);
  if (tryLock(database)) {
    held.add(database);
    return {
      release() {
        held.delete(database);
        database.close();
      },
    };
  }
  database.close();
  return undefined;
}

function tryLock(database: DatabaseSync): boolean {
  try {
    database.exec('BEGIN EXCLUSIVE');
    return true;
  } catch (cause) {
    if ((cause as { errcode?: number }).errcode === SQLITE_BUSY) return false;
    throw cause;
  }
}
