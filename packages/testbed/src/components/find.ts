import { constants } from 'node:fs';
import { access, readFile, realpath, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import semver from 'semver';
import { libraryFolders, programFolders } from './build-debian.ts';
import { placeOf } from './cache.ts';
import type { Recipe } from './recipe.ts';
import { textOf } from './text-of.ts';

/** A program that has been run and has told its version. */
export interface Found {
  /** Absolute path of the main program. */
  path: string;
  version: string;
  /** How it was found. */
  from: 'environment' | 'PATH' | 'cache' | 'npm';
  /** Folders in which its further programs lie, the main program's first. */
  folders: readonly string[];
  /** Environment its programs need, beyond the usual: the libraries of an unpacked Debian package. */
  env: Readonly<Record<string, string>>;
}

/** Name of the variable that overrides where a component is taken from: TILLGATE_KUBE_APISERVER. */
export function overrideOf(recipe: Recipe): string {
  return `TILLGATE_${recipe.name.toUpperCase().replaceAll('-', '_')}`;
}

/**
 * Looks for a component: where the environment points, on PATH, in the cache. Nothing is built.
 *
 * @throws Error if the environment points to something that does not answer with a version
 */
export async function find(recipe: Recipe): Promise<Found | undefined> {
  const override = process.env[overrideOf(recipe)];
  if (override) return overridden(recipe, override);
  for (const { path, from } of candidates(recipe)) {
    const found = await probe(recipe, path, from);
    if (found && fits(recipe, found.version)) return found;
  }
  return undefined;
}

/** Someone who names a program in the environment means it: another version is taken, a wrong path is not. */
async function overridden(recipe: Recipe, path: string): Promise<Found> {
  const found = await probe(recipe, path, 'environment');
  if (found) return found;
  throw new Error(
    `${overrideOf(recipe)} names ${path}, which does not tell a version with ${recipe.versionArgs.join(' ')}. ` +
      'Correct the variable, or unset it to let the component be found.',
  );
}

function* candidates(recipe: Recipe): Generator<{ path: string; from: Found['from'] }> {
  if (recipe.kind === 'npm') {
    const name = recipe.package.replace('{platform}', process.platform).replace('{arch}', process.arch);
    const modules = join(dirname(fileURLToPath(import.meta.url)), '../../../../node_modules');
    yield { path: join(modules, name, recipe.path), from: 'npm' };
  }
  const assets = process.env.KUBEBUILDER_ASSETS;
  if (assets) yield { path: join(assets, recipe.program), from: 'environment' };
  const folders = (process.env.PATH ?? '').split(delimiter).filter((each) => each !== '');
  for (const folder of folders) yield { path: join(folder, recipe.program), from: 'PATH' };
  if (recipe.kind === 'debian') {
    for (const folder of recipe.folders ?? []) yield { path: join('/', folder, recipe.program), from: 'PATH' };
  }
  for (const folder of cacheFolders(recipe)) yield { path: join(folder, recipe.program), from: 'cache' };
}

function cacheFolders(recipe: Recipe, place = placeOf(recipe)): string[] {
  switch (recipe.kind) {
    case 'go':
      return [place];
    case 'pypi':
      return [join(place, 'bin')];
    case 'debian':
      return [...(recipe.folders ?? []), ...programFolders].map((each) => join(place, each));
    case 'npm':
      return [];
  }
}

/** In a place: the version that its program told before it was placed. */
const VERIFIED = '.version';

/**
 * Asks the program of a freshly filled folder for its version, before the folder is placed, and notes
 * it there: starting six programs of Kubernetes only to hear it again costs half a second.
 *
 * @throws Error if it does not answer, or calls itself by another version
 */
export async function verify(recipe: Recipe, folder: string): Promise<string> {
  for (const each of cacheFolders(recipe, folder)) {
    const found = await probe(recipe, join(each, recipe.program), 'cache', folder);
    if (found && fits(recipe, found.version)) {
      await writeFile(join(folder, VERIFIED), found.version);
      return found.version;
    }
    if (found)
      throw new Error(`${recipe.name} was built, but calls itself ${found.version} instead of ${wanted(recipe)}.`);
  }
  throw new Error(`${recipe.name} was built, but its program ${recipe.program} does not run.`);
}

async function probe(recipe: Recipe, path: string, from: Found['from'], root?: string): Promise<Found | undefined> {
  if (!(await executable(path))) return undefined;
  const env = from === 'cache' ? unpackedEnv(recipe, root ?? placeOf(recipe)) : {};
  const place = from === 'cache' && root === undefined ? placeOf(recipe) : undefined;
  const noted = place && (await readFile(join(place, VERIFIED), 'utf8').catch(() => undefined));
  const ask = () =>
    textOf(path, recipe.versionArgs, { cwd: tmpdir(), env, timeoutMs: 20_000, both: true }).catch(() => '');
  const printed = noted ?? (await ask());
  const version = /\d+\.\d+(\.\d+)?/.exec(printed)?.[0];
  if (!version) return undefined;
  return { path, version, from, env, folders: [...new Set([dirname(path), dirname(await realpath(path))])] };
}

function unpackedEnv(recipe: Recipe, root: string): Record<string, string> {
  if (recipe.kind !== 'debian') return {};
  const own = process.env.LD_LIBRARY_PATH;
  return { LD_LIBRARY_PATH: [...libraryFolders(root), ...(own ? [own] : [])].join(delimiter) };
}

async function executable(path: string): Promise<boolean> {
  return access(path, constants.X_OK).then(
    () => true,
    () => false,
  );
}

/** The range of versions that a recipe takes, for people. */
export function wanted(recipe: Recipe): string {
  return recipe.accepts ?? recipe.version;
}

function fits(recipe: Recipe, version: string): boolean {
  const parsed = semver.coerce(version);
  return parsed !== null && semver.satisfies(parsed, wanted(recipe));
}
