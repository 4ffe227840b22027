import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, open, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { FileError, readBounded, writeWhole } from './files.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tillgate-files-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

describe('readBounded', () => {
  it.each([0, 1, 65_535, 65_536, 65_537, 200_000])('reads a file of %d bytes whole', async (size) => {
    const bytes = Buffer.alloc(size, 'ab');
    await writeFile(join(folder, 'f'), bytes);
    expect(Buffer.from(await readBounded(join(folder, 'f'), 200_000)).equals(bytes)).toBe(true);
  });

  it('refuses one byte too many, and says how many there are', async () => {
    await writeFile(join(folder, 'f'), 'x'.repeat(11));
    await expect(readBounded(join(folder, 'f'), 10)).rejects.toThrow('has 11 bytes; at most 10');
  });

  it('refuses a folder', async () => {
    await expect(readBounded(folder, 10)).rejects.toThrow('is not a regular file');
  });

  it('refuses a pipe at once, though nobody writes to it', async () => {
    execFileSync('mkfifo', [join(folder, 'pipe')]);
    await expect(readBounded(join(folder, 'pipe'), 10)).rejects.toThrow('is not a regular file');
  });

  it('refuses a device that never ends', async () => {
    await expect(readBounded('/dev/zero', 10)).rejects.toThrow('is not a regular file');
  });

  it('refuses what is not there, also behind a link', async () => {
    await symlink('nowhere', join(folder, 'link'));
    await expect(readBounded(join(folder, 'none'), 10)).rejects.toThrow(FileError);
    await expect(readBounded(join(folder, 'link'), 10)).rejects.toThrow('There is no file');
  });

  it('does not follow a file that grows for ever', async () => {
    const path = join(folder, 'growing');
    await writeFile(path, '');
    const handle = await open(path, 'a');
    let writing = true;
    const grow = (async () => {
      while (writing) await handle.write(Buffer.alloc(64 * 1024));
    })();
    while ((await handle.stat()).size === 0) await new Promise(setImmediate);
    await expect(readBounded(path, 256 * 1024)).rejects.toThrow(/grew beyond|at most/);
    writing = false;
    await grow;
    await handle.close();
  });

  it('says of a kernel file, which has no size beforehand, when it is too long', async () => {
    await expect(readBounded('/proc/self/maps', 100)).rejects.toThrow('grew beyond 100 bytes');
  });
});

describe('writeWhole', () => {
  it('makes the folders above, replaces what was there, and leaves no neighbour', async () => {
    const path = join(folder, 'a', 'b', 'f.json');
    await writeWhole(path, 'old');
    await writeWhole(path, Buffer.from('new'));
    expect(await readFile(path, 'utf8')).toBe('new');
    expect(await readdir(join(folder, 'a', 'b'))).toEqual(['f.json']);
  });

  it('leaves no neighbour when the place is taken by a folder', async () => {
    await mkdir(join(folder, 'f', 'inner'), { recursive: true });
    await expect(writeWhole(join(folder, 'f'), 'x')).rejects.toThrow();
    expect(await readdir(folder)).toEqual(['f']);
  });

  it('replaces a link instead of writing through it', async () => {
    await writeFile(join(folder, 'other'), 'untouched');
    await symlink('other', join(folder, 'f'));
    await writeWhole(join(folder, 'f'), 'new');
    expect(await readFile(join(folder, 'other'), 'utf8')).toBe('untouched');
  });

  it('shows the old content or the new one, whenever the writer is killed', async () => {
    const path = join(folder, 'f');
    const sizes = { a: 3_000_000, b: 5_000_000 };
    const writer = `
      import { writeWhole } from ${JSON.stringify(import.meta.resolve('./files.ts'))};
      for (;;) for (const [letter, size] of ${JSON.stringify(Object.entries(sizes))}) {
        await writeWhole(process.argv[1], letter.repeat(size));
        process.stdout.write('.');
      }`;
    for (let round = 0; round < 8; round++) {
      const child = spawn(process.execPath, ['--input-type=module', '-e', writer, path], {
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      const closed = once(child, 'close');
      await once(child.stdout, 'data'); // one whole write; the next is under way
      for (let turn = 0; turn < round * 40; turn++) await new Promise(setImmediate);
      child.kill('SIGKILL');
      await closed;
      const text = await readFile(path, 'utf8');
      expect(text.length).toBe(sizes[text[0] as 'a' | 'b']);
      expect(text === text.slice(0, 1).repeat(text.length)).toBe(true);
    }
    const others = (await readdir(folder)).filter((name) => name !== 'f');
    expect(others.filter((name) => !/^\.f\.[0-9a-f]{12}\.part$/.test(name))).toEqual([]); // never taken for a document
  });
});
