import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { namesIn, runsFolder } from './places.ts';

// Below 32768, where Linux begins to hand out ports to connections by itself.
const FIRST = 20_000;
const LAST = 29_999;

const folder = (): string => join(runsFolder(), 'ports');

/**
 * A TCP port on a loopback address that no other run of the bed has or gets, and that nothing listens
 * on now. It stays with the run until the run is removed: a server that restarts finds it free.
 *
 * @throws Error when all are taken
 */
export async function claimPort(run: string): Promise<number> {
  await mkdir(folder(), { recursive: true });
  const count = LAST - FIRST + 1;
  const start = Math.floor(Math.random() * count);
  for (let step = 0; step < count; step++) {
    const port = FIRST + ((start + step) % count);
    if (!(await claimed(port, run))) continue;
    if (await isFree(port)) return port;
    await rm(join(folder(), String(port)), { force: true });
  }
  throw new Error(
    `All ports from ${FIRST} to ${LAST} are taken: stop some of what runs (\`npm run testbed -- status\`).`,
  );
}

/** Gives all ports of a run back. */
export async function releasePorts(run: string): Promise<void> {
  for (const port of await namesIn(folder())) {
    const owner = await readFile(join(folder(), port), 'utf8').catch(() => ''); // given back meanwhile
    if (owner === run) await rm(join(folder(), port), { force: true });
  }
}

/** Creates the port's file, which only one process can. */
async function claimed(port: number, run: string): Promise<boolean> {
  return writeFile(join(folder(), String(port)), run, { flag: 'wx' }).then(
    () => true,
    (cause: NodeJS.ErrnoException) => {
      if (cause.code === 'EEXIST') return false;
      throw cause;
    },
  );
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once('error', () => resolve(false));
    probe.listen(port, '127.0.0.1', () => probe.close(() => resolve(true)));
  });
}
