/**
 * Builds the committed bundles: `npm run build` for all, `npm run build -- <action> …` for some.
 * Bundles are minified: GitHub downloads the whole repository for every job that uses an action, and
 * that dist is what the sources give is proven by building it again, not by reading it.
 */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { stageSources } from './stage.ts';

const root = join(import.meta.dirname, '..');
const stage = join(root, 'node_modules', '.stage');

/** Builds the named actions, all where none is named. `into` is the folder that gets `<action>/dist`. */
export async function build(names: readonly string[], into = join(root, 'actions')): Promise<void> {
  await stageSources(root, stage);
  const queue = [...names];
  const work = async () => {
    for (let name = queue.shift(); name !== undefined; name = queue.shift()) {
      const started = performance.now();
      const dist = join(into, name, 'dist');
      await bundle(join(stage, 'actions', name, 'index.js'), dist);
      const { size } = await stat(join(dist, 'index.js'));
      console.error(
        `built ${name}: ${Math.round(size / 1024)} kB in ${((performance.now() - started) / 1000).toFixed(1)} s`,
      );
    }
  };
  await Promise.all(Array.from({ length: Math.min(2, availableParallelism()) }, work));
}

/** Names of all actions that have code. */
export async function actionNames(): Promise<string[]> {
  const names = await readdir(join(root, 'actions'));
  return names.filter((name) => existsSync(join(root, 'actions', name, 'index.ts'))).sort();
}

function bundle(entry: string, dist: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [join(import.meta.dirname, 'bundle-one.ts'), entry, dist], {
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    child.on('error', reject);
    child.on('exit', (code) =>
      code === 0 ? resolve() : reject(new Error(`${entry} could not be bundled (exit ${code}).`)),
    );
  });
}

if (import.meta.main) {
  const wanted = process.argv.slice(2);
  const known = await actionNames();
  const strange = wanted.filter((name) => !known.includes(name));
  if (strange.length > 0) throw new Error(`There is no action ${strange.join(', ')}; there are ${known.join(', ')}.`);
  await build(wanted.length > 0 ? wanted : known);
}
