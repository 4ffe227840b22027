import { constants } from 'node:fs';
import { access } from 'node:fs/promises';
import { join } from 'node:path';
import { installDebian, mayInstall, unpackDebian } from './build-debian.ts';
import { buildGo } from './build-go.ts';
import { installPypi } from './build-pypi.ts';
import { cacheFolder, fillPlace, placeOf } from './cache.ts';
import { type Found, find, overrideOf, verify, wanted } from './find.ts';
import { withLock } from './lock.ts';
import type { Recipe } from './recipe.ts';
import { type ComponentName, recipeOf } from './recipes/index.ts';

/** A component that is there and answers. */
export interface Component extends Found {
  name: ComponentName;
}

/** Raised when a component cannot be had here: what is missing, and what gets it. */
export class MissingComponent extends Error {
  override readonly name = 'MissingComponent';
}

const toStderr = (line: string): void => {
  process.stderr.write(`testbed: ${line}\n`);
};
const asked = new Map<ComponentName, Promise<Component>>();

/**
 * A component, ready to run: found where the environment points, on PATH or in the cache, else built.
 *
 * Two processes never build the same one: the second waits and takes the first one's. What is built
 * has answered to its version before it gets its place, in one rename.
 *
 * @param say takes progress, line by line; standard error unless told
 * @throws MissingComponent
 */
export function component(name: ComponentName, say: (line: string) => void = toStderr): Promise<Component> {
  let promise = asked.get(name);
  if (!promise) {
    promise = findOrBuild(recipeOf(name), say);
    asked.set(name, promise);
    promise.catch(() => asked.delete(name)); // a failure is not remembered: the reason may be gone
  }
  return promise;
}

/** A component if it is there already; nothing is built. */
export async function presentComponent(name: ComponentName): Promise<Component | undefined> {
  const found = await find(recipeOf(name));
  return found && { name, ...found };
}

/**
 * Path of another program of a component, such as `initdb` of postgresql.
 *
 * @throws MissingComponent
 */
export async function programOf(of: Component, program: string): Promise<string> {
  for (const folder of of.folders) {
    const path = join(folder, program);
    const there = await access(path, constants.X_OK).then(
      () => true,
      () => false,
    );
    if (there) return path;
  }
  throw new MissingComponent(`${of.name} ${of.version} at ${of.path} comes without ${program}.`);
}

async function findOrBuild(recipe: Recipe & { name: ComponentName }, say: (line: string) => void): Promise<Component> {
  const there = await find(recipe);
  if (there) return { name: recipe.name, ...there };
  const why = whyNot(recipe);
  if (why) throw new MissingComponent(`${recipe.name} ${wanted(recipe)} is missing, and ${why}`);

  await withLock(
    join(cacheFolder(), 'locks', recipe.name),
    async () => {
      if (!(await find(recipe))) await build(recipe, say);
    },
    () => say(`${recipe.name}: another process is building it, waiting`),
  );
  const built = await find(recipe);
  if (built) return { name: recipe.name, ...built };
  throw new MissingComponent(
    `${recipe.name} was built, but no version that fits ${wanted(recipe)} is found. Point ${overrideOf(recipe)} to one.`,
  );
}

/** Why a recipe cannot be followed on this platform, or nothing. */
export function whyNot(recipe: Recipe): string | undefined {
  if (recipe.kind === 'npm') {
    return `npm has brought none for ${process.platform}-${process.arch}: run \`npm ci\` without --omit=optional.`;
  }
  if (recipe.kind === 'debian' && process.platform !== 'linux') {
    return `${process.platform} has no Debian packages: put one on PATH, or point ${overrideOf(recipe)} to it.`;
  }
  return undefined;
}

async function build(recipe: Recipe, say: (line: string) => void): Promise<void> {
  const started = Date.now();
  const log = join(cacheFolder(), 'logs', `${recipe.name}.log`);
  const seconds = () => Math.round((Date.now() - started) / 1000);
  const expected = recipe.kind === 'go' ? `, about ${recipe.seconds} s on two cores the first time` : '';
  say(`${recipe.name} ${recipe.version}: getting it (${wayOf(recipe)}${expected})`);
  const beat = setInterval(() => say(`${recipe.name}: still at it after ${seconds()} s`), 30_000);
  try {
    await follow(recipe, log);
  } catch (cause) {
    throw new MissingComponent(
      `${recipe.name} ${recipe.version} could not be had: ${(cause as Error).message}\n` +
        `Put one that fits ${wanted(recipe)} on PATH, or point ${overrideOf(recipe)} to it.`,
      { cause },
    );
  } finally {
    clearInterval(beat);
  }
  say(`${recipe.name} ${recipe.version}: ready after ${seconds()} s`);
}

async function follow(recipe: Recipe, log: string): Promise<void> {
  if (recipe.kind === 'debian' && mayInstall()) return installDebian(recipe, log);
  await fillPlace(placeOf(recipe), async (folder) => {
    if (recipe.kind === 'go') await buildGo(recipe, folder, log);
    if (recipe.kind === 'debian') await unpackDebian(recipe, folder, log);
    if (recipe.kind === 'pypi') await installPypi(recipe, folder, log);
    await verify(recipe, folder);
  });
}

/** How a component is got, in a few words. */
export function wayOf(recipe: Recipe): string {
  switch (recipe.kind) {
    case 'go':
      return 'built from its Go module';
    case 'debian':
      return mayInstall() ? 'installed from Debian' : 'unpacked from Debian packages';
    case 'pypi':
      return 'from PyPI';
    case 'npm':
      return 'from npm';
  }
}
