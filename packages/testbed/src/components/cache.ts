import { createHash, randomBytes } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { mkdir, rename, rm } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Recipe } from './recipe.ts';

/** Where built components are kept: TILLGATE_CACHE, else `tillgate` in XDG_CACHE_HOME, else in ~/.cache. */
export function cacheFolder(env: NodeJS.ProcessEnv = process.env): string {
  if (env.TILLGATE_CACHE) return env.TILLGATE_CACHE;
  return join(env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'tillgate');
}

/** The folder of this package, below which the sources of its own Go programs lie. */
export const packageFolder = join(dirname(fileURLToPath(import.meta.url)), '..', '..');

/**
 * The folder a recipe's result lies in. It is named after the version and the recipe itself, and for a
 * program of our own after its sources, so that what has changed is built again.
 */
export function placeOf(recipe: Recipe): string {
  const text = JSON.stringify([recipe, process.platform, process.arch, sourcesOf(recipe)]);
  const fingerprint = createHash('sha256').update(text).digest('hex').slice(0, 8);
  return join(cacheFolder(), 'components', recipe.name, `${recipe.version}-${fingerprint}`);
}

function sourcesOf(recipe: Recipe): string[] {
  if (recipe.kind !== 'go' || recipe.from === undefined) return [];
  const folder = join(packageFolder, recipe.from);
  return readdirSync(folder)
    .sort()
    .map((name) => readFileSync(join(folder, name), 'utf8'));
}

/**
 * Fills a place: `fill` works in a neighbouring folder, which becomes the place in one rename after
 * `fill` has returned. A reader sees the whole result or none. What an earlier attempt left behind is
 * removed first, so the caller must hold the component's lock.
 */
export async function fillPlace(place: string, fill: (folder: string) => Promise<void>): Promise<void> {
  const attempts = `${place}.attempts`;
  await rm(attempts, { recursive: true, force: true });
  const folder = join(attempts, randomBytes(4).toString('hex'));
  await mkdir(folder, { recursive: true });
  try {
    await fill(folder);
    if (existsSync(place)) await rm(place, { recursive: true });
    await rename(folder, place);
  } finally {
    await rm(attempts, { recursive: true, force: true });
  }
}
