import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { tryHold, withLock } from './lock.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'lock-'));
});
afterAll(() => rm(folder, { recursive: true }));

const children: ChildProcess[] = [];
afterAll(() => children.forEach((child) => void child.kill('SIGKILL')));

/** A process that holds a lock, says so, and stays. */
async function holder(file: string) {
  const code = `import { tryHold } from ${JSON.stringify(join(import.meta.dirname, 'lock.ts'))};
    console.log(tryHold(${JSON.stringify(file)}) ? 'held' : 'refused');
    setInterval(() => globalThis.gc?.(), 10);`;
  const child = spawn(
    process.execPath,
    ['--expose-gc', '--input-type=module', '--disable-warning=ExperimentalWarning', '-e', code],
    {
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  );
  children.push(child);
  const said = await new Promise<string>((resolve) =>
    child.stdout.once('data', (text) => resolve(String(text).trim())),
  );
  return { child, said };
}

describe('a lock', () => {
  it('is held by one process, though nothing refers to it, until that process is killed', async () => {
    const file = join(folder, 'killed');
    const { child, said } = await holder(file);
    expect(said).toBe('held');
    // Time for the garbage collector, which runs every 10 ms over there, to take what it may.
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(tryHold(file)).toBeUndefined();
    const ended = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGKILL');
    await ended;
    const mine = tryHold(file);
    expect(mine).toBeDefined();
    mine?.release();
  });

  it('lets works of one process in one after the other, and is free after a work that failed', async () => {
    const file = join(folder, 'works');
    const order: string[] = [];
    const work = (name: string) =>
      withLock(file, async () => {
        order.push(`${name} begins`);
        await new Promise((resolve) => setTimeout(resolve, 20));
        order.push(`${name} ends`);
        if (name === 'a') throw new Error('failed');
      });
    const [a] = await Promise.allSettled([work('a'), work('b')]);
    expect(a.status).toBe('rejected');
    expect(order).toHaveLength(4);
    expect(order[1]).toBe(order[0]?.replace('begins', 'ends'));
  });

  it('says once that it waits', async () => {
    const file = join(folder, 'waits');
    const held = tryHold(file);
    let told = 0;
    const waiting = withLock(
      file,
      async () => {},
      () => {
        told++;
        setTimeout(() => held?.release(), 250);
      },
    );
    await waiting;
    expect(told).toBe(1);
  });
});
