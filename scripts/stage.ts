import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import ts from 'typescript';

const OPTIONS: ts.CompilerOptions = {
  module: ts.ModuleKind.ESNext,
  target: ts.ScriptTarget.ES2024,
  verbatimModuleSyntax: true,
  rewriteRelativeImportExtensions: true,
};

/**
 * Lays out all packages and actions as plain JavaScript in `stage`, with the same shape as the source
 * tree: the bundler then needs no TypeScript of its own, and types are checked elsewhere.
 *
 * `stage` must lie in the repository, so that dependencies are found above it.
 */
export async function stageSources(root: string, stage: string): Promise<void> {
  await rm(stage, { recursive: true, force: true });
  for (const folder of ['packages', 'actions']) {
    for (const name of await readdir(join(root, folder))) {
      // A folder that another branch left behind, with nothing but ignored files in it, is no package.
      if (existsSync(join(root, folder, name, 'package.json'))) await stagePackage(root, stage, join(folder, name));
    }
  }
}

async function stagePackage(root: string, stage: string, folder: string): Promise<void> {
  const manifest = JSON.parse(await readFile(join(root, folder, 'package.json'), 'utf8'));
  const staged = join(stage, folder);
  for (const file of await sourcesIn(join(root, folder))) {
    const { outputText } = ts.transpileModule(await readFile(file, 'utf8'), {
      compilerOptions: OPTIONS,
      fileName: file,
    });
    const target = join(staged, relative(join(root, folder), file)).replace(/\.ts$/, '.js');
    await mkdir(dirname(target), { recursive: true });
    await writeFile(target, outputText);
  }
  const exports = JSON.parse(JSON.stringify(manifest.exports ?? {}).replaceAll('.ts"', '.js"'));
  await mkdir(staged, { recursive: true });
  await writeFile(join(staged, 'package.json'), JSON.stringify({ ...manifest, exports }));
  const own = join(root, folder, 'node_modules'); // versions that could not be shared at the root
  await symlink(own, join(staged, 'node_modules'));
  const link = join(stage, 'node_modules', manifest.name);
  await mkdir(dirname(link), { recursive: true });
  await symlink(staged, link);
}

async function sourcesIn(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true });
  const nested = entries.map((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return ['node_modules', 'dist', 'fixtures'].includes(entry.name) ? [] : sourcesIn(path);
    return entry.name.endsWith('.ts') && !entry.name.endsWith('.test.ts') ? [path] : [];
  });
  return (await Promise.all(nested)).flat();
}
