import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { fillPlace, placeOf } from './cache.ts';
import { find, overrideOf, verify } from './find.ts';
import type { GoRecipe } from './recipe.ts';
import { recipes } from './recipes/index.ts';

const recipe: GoRecipe = {
  name: 'some-tool',
  about: 'is looked for',
  kind: 'go',
  way: 'install',
  module: 'example.test/tool',
  package: 'example.test/tool',
  version: '1.4.2',
  accepts: '~1.4.0',
  program: 'some-tool',
  versionArgs: ['--version'],
  seconds: 1,
};

let folder: string;
const before = { ...process.env };
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'find-'));
  process.env.TILLGATE_CACHE = join(folder, 'cache');
  process.env.PATH = `${join(folder, 'first')}:${join(folder, 'second')}:${before.PATH}`;
});
afterEach(async () => {
  process.env = { ...before };
  await rm(folder, { recursive: true });
});

/** A program that prints what a version flag would. */
async function program(path: string, prints: string, exitCode = 0): Promise<string> {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, `#!/bin/sh\necho '${prints}'\nexit ${exitCode}\n`, { mode: 0o755 });
  return path;
}

describe('finding a component', () => {
  it('takes the first on PATH whose version fits', async () => {
    await program(join(folder, 'first', 'some-tool'), 'some-tool v1.3.9');
    const fitting = await program(join(folder, 'second', 'some-tool'), 'some-tool v1.4.9 (go1.26.8)');
    expect(await find(recipe)).toMatchObject({ path: fitting, version: '1.4.9', from: 'PATH' });
  });

  it('passes by what does not run, and finds what was built', async () => {
    await program(join(folder, 'first', 'some-tool'), 'some-tool v1.4.2', 1);
    expect(await find(recipe)).toBeUndefined();
    const built = await program(join(placeOf(recipe), 'some-tool'), '1.4.2');
    expect(await find(recipe)).toMatchObject({ path: built, version: '1.4.2', from: 'cache' });
  });

  it('takes any version where the environment points, but nothing that is no program', async () => {
    expect(overrideOf(recipe)).toBe('TILLGATE_SOME_TOOL');
    process.env.TILLGATE_SOME_TOOL = await program(join(folder, 'own'), '2.0.0');
    expect(await find(recipe)).toMatchObject({ version: '2.0.0', from: 'environment' });
    process.env.TILLGATE_SOME_TOOL = join(folder, 'nothing');
    await expect(find(recipe)).rejects.toThrow('Correct the variable, or unset it');
  });

  it('looks where other tools keep the binaries of Kubernetes', async () => {
    process.env.KUBEBUILDER_ASSETS = join(folder, 'assets');
    await program(join(folder, 'assets', 'some-tool'), 'Kubernetes v1.4.1');
    expect(await find(recipe)).toMatchObject({ version: '1.4.1', from: 'environment' });
  });
});

describe('a place', () => {
  it('is another one for another recipe', () => {
    expect(placeOf({ ...recipe, set: ['a.b=c'] })).not.toBe(placeOf(recipe));
    expect(placeOf({ ...recipe })).toBe(placeOf(recipe));
  });

  it('is not there until it is filled, and leaves nothing behind when that fails', async () => {
    const place = placeOf(recipe);
    const attempt = fillPlace(place, async (inside) => {
      await program(join(inside, 'some-tool'), '1.4.2');
      expect(existsSync(place)).toBe(false);
      throw new Error('no network');
    });
    await expect(attempt).rejects.toThrow('no network');
    expect(await readdir(dirname(place))).toEqual([]);
  });

  it('is filled whole, also over what a killed attempt has left', async () => {
    const place = placeOf(recipe);
    await program(join(`${place}.attempts`, 'dead', 'some-tool'), 'half');
    await fillPlace(place, async (inside) => {
      await program(join(inside, 'some-tool'), '1.4.2');
      expect(await verify(recipe, inside)).toBe('1.4.2');
    });
    expect(await readdir(dirname(place))).toEqual([place.split('/').at(-1)]);
  });

  it('is not asked again for the version that it told before it was placed', async () => {
    await fillPlace(placeOf(recipe), async (inside) => {
      await program(join(inside, 'some-tool'), '1.4.2');
      await verify(recipe, inside);
      await program(join(inside, 'some-tool'), 'never asked');
    });
    expect(await find(recipe)).toMatchObject({ version: '1.4.2', from: 'cache' });
  });

  it('refuses a build that calls itself by another version, or does not run', async () => {
    const wrong = dirname(await program(join(folder, 'wrong', 'some-tool'), '1.5.0'));
    await expect(verify(recipe, wrong)).rejects.toThrow('calls itself 1.5.0 instead of ~1.4.0');
    const broken = dirname(await program(join(folder, 'broken', 'some-tool'), '1.4.2', 1));
    await expect(verify(recipe, broken)).rejects.toThrow('does not run');
  });
});

describe('the recipes', () => {
  it('have names of their own, and accept the version that they pin', async () => {
    const semver = (await import('semver')).default;
    expect(new Set(recipes.map(({ name }) => name)).size).toBe(recipes.length);
    for (const each of recipes) {
      const pinned = semver.coerce(each.version);
      expect([each.name, pinned && semver.satisfies(pinned, each.accepts ?? each.version)]).toEqual([each.name, true]);
    }
  });
});
