/**
 * `npm run check`: everything that is checked without running the product. Each check says what it found;
 * all run, so that one look shows every fault.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { silentLog, systemPrograms } from '@tillgate/host';
import { component } from '@tillgate/testbed';
import { actionNames, build } from './build.ts';
import { differences } from './differences.ts';
import { generatedFiles } from './generated.ts';
import { workflowFaults, workflowFiles } from './workflow-check.ts';

const root = join(import.meta.dirname, '..');
const bin = (name: string) => join(root, 'node_modules', '.bin', name);
const programs = systemPrograms(silentLog);

/** Runs a tool from the root: nothing when it is content, else what it said. */
async function tool(file: string, args: readonly string[]): Promise<string[]> {
  const env = { PATH: process.env.PATH ?? '', HOME: process.env.HOME ?? '' };
  const ended = await programs.run(file, args, { cwd: root, env, timeoutMs: 600_000 });
  return ended.exitCode === 0
    ? []
    : [`${ended.stdout}${ended.stderr}`.trim() || `${file} ended with ${ended.exitCode}.`];
}

const CHECKS: Record<string, () => Promise<string[]>> = {
  format: () => tool(bin('biome'), ['ci', '--colors=off', '.']),
  types: async () => [...(await tool(bin('tsc'), ['-b'])), ...(await tool(bin('tsc'), ['-p', 'tsconfig.tests.json']))],
  imports: () =>
    tool(process.execPath, [
      join(root, 'node_modules/dependency-cruiser/bin/dependency-cruiser.mjs'),
      '--config',
      '.dependency-cruiser.mjs',
      'packages',
      'actions',
    ]),
  'generated files': staleFiles,
  dist: staleBundles,
  workflows: async () => workflowFaults(root, (await component('actionlint')).path),
  zizmor: async () =>
    tool((await component('zizmor')).path, [
      ...['--offline', '--no-progress', '--persona=regular', '--config=zizmor.yml'],
      ...(await workflowFiles(root)), // one by one: of a folder that is not called workflows it audits nothing, in silence
    ]),
};

async function staleFiles(): Promise<string[]> {
  const stale: string[] = [];
  for (const [path, content] of await generatedFiles()) {
    const there = await readFile(join(root, path), 'utf8').catch(() => undefined);
    if (there !== content) stale.push(`${path} is ${there === undefined ? 'missing' : 'stale'}: run npm run generate.`);
  }
  return stale;
}

async function staleBundles(): Promise<string[]> {
  const again = join(root, 'node_modules', '.dist-check');
  const names = await actionNames();
  await build(names, again);
  const found = await Promise.all(
    names.map((name) =>
      differences(join(root, 'actions', name, 'dist'), join(again, name, 'dist'), `actions/${name}/dist`),
    ),
  );
  return found.flat().map((fault) => `${fault}: run npm run build and commit.`);
}

const wanted = process.argv.slice(2);
const unknown = wanted.filter((name) => !(name in CHECKS));
if (unknown.length > 0)
  throw new Error(`There is no check ${unknown.join(', ')}; there are: ${Object.keys(CHECKS).join(', ')}.`);

let faults = 0;
for (const [name, check] of Object.entries(CHECKS)) {
  if (wanted.length > 0 && !wanted.includes(name)) continue;
  const started = performance.now();
  const found = await check();
  faults += found.length;
  console.log(
    `${found.length === 0 ? 'ok    ' : 'FAILED'} ${name} (${((performance.now() - started) / 1000).toFixed(1)} s)`,
  );
  for (const fault of found) console.log(`  ${fault.replaceAll('\n', '\n  ')}`);
}
if (faults > 0) process.exitCode = 1;
