import { execFile } from 'node:child_process';
import { rmSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { stripTypeScriptTypes } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { stageSources } from '../../scripts/stage.ts';

const root = join(import.meta.dirname, '..', '..');

/**
 * The driver, bundled as actions are: it then starts as fast and takes as much memory as one does in life. A bundle of its
 * own for each benchmark, gone with it.
 *
 * @returns its file
 */
export async function bundledDriver(): Promise<string> {
  const stage = join(root, 'node_modules', `.stage-of-benchmark-${process.pid}`);
  const dist = await mkdtemp(join(tmpdir(), 'tillgate-driver-'));
  process.once('exit', () => rmSync(dist, { recursive: true, force: true }));
  try {
    await stageSources(root, stage);
    const own = join(stage, 'actions', 'driver');
    await mkdir(own, { recursive: true });
    await writeFile(join(own, 'package.json'), '{ "type": "module" }');
    for (const name of ['driver.process', 'drive-task', 'counting-writer', 'failing-writer']) {
      const source = await readFile(join(import.meta.dirname, `${name}.ts`), 'utf8');
      await writeFile(join(own, `${name}.js`), stripTypeScriptTypes(source).replaceAll(".ts'", ".js'"));
    }
    const bundler = join(root, 'scripts', 'bundle-one.ts');
    await promisify(execFile)(process.execPath, [bundler, join(own, 'driver.process.js'), dist]);
  } finally {
    await rm(stage, { recursive: true, force: true });
  }
  await writeFile(join(dist, 'package.json'), '{ "type": "module" }');
  return join(dist, 'index.js');
}
