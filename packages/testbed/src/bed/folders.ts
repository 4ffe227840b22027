import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { tryHold, withLock } from '../components/lock.ts';

/**
 * Where the folders of running beds lie: TILLGATE_BEDS, else one folder of this user in the system's
 * temporary folder. The path is kept short because Unix sockets allow 107 bytes.
 */
export function bedsFolder(): string {
  return process.env.TILLGATE_BEDS || join(tmpdir(), `tillgate-${process.getuid?.() ?? 'user'}`);
}

/** What is left of the 107 bytes that a Unix socket's path may have, for `/<bed>/keeper.sock`. */
const LONGEST = 107 - '/01234567/keeper.sock'.length;
const EXISTENCE = 'alive';

/** Makes the folder of a new bed, after removing what beds that are dead have left behind. */
export async function newBedFolder(): Promise<{ folder: string; handOver(): void }> {
  const beds = bedsFolder();
  if (Buffer.byteLength(beds) > LONGEST) {
    throw new Error(
      `${beds} is too long for the sockets of beds: set TILLGATE_BEDS to a path of at most ${LONGEST} bytes.`,
    );
  }
  await mkdir(beds, { recursive: true, mode: 0o700 });
  return withLock(join(beds, '.lock'), async () => {
    await removeLeftovers();
    const folder = join(beds, randomBytes(4).toString('hex'));
    await mkdir(join(folder, 'logs'), { recursive: true });
    // Held by its maker until the keeper holds its own: at no moment does a live bed look dead.
    const making = tryHold(join(folder, 'making'));
    if (!making) throw new Error(`${folder} is new and locked already.`);
    return { folder, handOver: () => making.release() };
  });
}

/** What this process holds. A lock that nothing refers to is let go when memory is collected. */
const held: unknown[] = [];

/** Marks a bed as alive for as long as the calling process lives. */
export function holdAlive(folder: string): void {
  const alive = tryHold(join(folder, EXISTENCE));
  if (!alive) throw new Error(`The bed in ${folder} has a keeper already.`);
  held.push(alive);
}

/** Whether the keeper of a bed, or its maker, lives. */
function isAlive(folder: string): boolean {
  for (const name of ['making', EXISTENCE]) {
    const file = join(folder, name);
    if (!existsSync(file)) continue;
    const held = tryHold(file);
    if (!held) return true;
    held.release();
  }
  return false;
}

/** Folders of the beds that run. */
export async function liveBeds(): Promise<string[]> {
  return (await allBeds()).filter(isAlive);
}

/**
 * Removes the folders of dead beds. Nothing else can be left of one: its processes end with its keeper,
 * because they live in its PID namespace, and its network namespace ends with them.
 */
async function removeLeftovers(): Promise<void> {
  for (const folder of await allBeds()) {
    if (!isAlive(folder)) await rm(folder, { recursive: true, force: true });
  }
}

async function allBeds(): Promise<string[]> {
  const beds = bedsFolder();
  if (!existsSync(beds)) return [];
  return (await readdir(beds)).filter((name) => /^[0-9a-f]{8}$/.test(name)).map((name) => join(beds, name));
}
