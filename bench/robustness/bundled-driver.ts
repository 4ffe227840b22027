import { execFile } from 'node:child_process';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { stripTypeScriptTypes } from 'node:module';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { stageSources } from '../../scripts/stage.ts';

const root = join(import.meta.dirname, '..', '..');

/**
 * The driver, bundled as actions are: it then starts as fast and takes as much memory as one does in life.
 *
 * @returns its file
 */
export async function bundledDriver(): Promise<string> {
  const stage = join(root, 'node_modules', '.stage-of-benchmarks');
  await stageSources(root, stage);
  const own = join(stage, 'actions', 'driver');
  await mkdir(own, { recursive: true });
  await writeFile(join(own, 'package.json'), '{ "type": "module" }');
  for (const name of ['driver.process', 'drive-task', 'counting-writer', 'failing-writer']) {
    const source = await readFile(join(import.meta.dirname, `${name}.ts`), 'utf8');
    await writeFile(join(own, `${name}.js`), stripTypeScriptTypes(source).replaceAll(".ts'", ".js'"));
  }
  const dist = join(own, 'dist');
  await promisify(execFile)(process.execPath, [
    join(root, 'scripts', 'bundle-one.ts'),
    join(own, 'driver.process.js'),
    dist,
  ]);
  await writeFile(join(dist, 'package.json'), '{ "type": "module" }');
  return join(dist, 'index.js');
}
