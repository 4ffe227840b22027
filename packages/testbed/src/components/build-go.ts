import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { packageFolder } from './cache.ts';
import type { GoRecipe } from './recipe.ts';
import { runLogged } from './run-logged.ts';
import { textOf } from './text-of.ts';

const WORK = 'work';

/** Builds a Go program into `folder`. Modules come through the Go toolchain, which checks them against its checksum database. */
export async function buildGo(recipe: GoRecipe, folder: string, log: string): Promise<void> {
  const output = join(folder, recipe.program);
  const linker = ['-s', '-w', ...(recipe.set ?? []).flatMap((each) => ['-X', each])].join(' ');
  const flags = ['-trimpath', '-buildvcs=false', '-ldflags', linker];
  const env = { CGO_ENABLED: '0', GOFLAGS: '', GOWORK: 'off', ...recipe.env };
  const go = (args: string[], cwd: string, more: Record<string, string> = {}) =>
    runLogged('go', args, { log, cwd, env: { ...env, ...more } });

  switch (recipe.way) {
    case 'install':
      return go(['install', ...flags, `${recipe.package}@v${recipe.version}`], folder, { GOBIN: folder });
    case 'own':
      return go(['build', ...flags, '-o', output, recipe.package], join(packageFolder, recipe.from ?? '.'));
    case 'require': {
      // The module's own folder lies beside the program's, so that it does not end in the cache.
      const work = join(folder, '..', WORK);
      await mkdir(work, { recursive: true });
      await writeFile(join(work, 'go.mod'), await requiringModule(recipe, work, env));
      return go(['build', '-mod=mod', ...flags, '-o', output, recipe.package], work);
    }
  }
}

/** A go.mod that requires the recipe's module, with the `replace` lines it needs to be built from outside. */
async function requiringModule(recipe: GoRecipe, work: string, env: Record<string, string>): Promise<string> {
  const lines = ['module tillgate.dev/build', `require ${recipe.module} v${recipe.version}`];
  const required = JSON.parse(
    await textOf('go', ['mod', 'download', '-json', `${recipe.module}@v${recipe.version}`], { cwd: work, env }),
  ) as { GoMod: string };
  const parsed = JSON.parse(await textOf('go', ['mod', 'edit', '-json', required.GoMod], { cwd: work, env })) as GoMod;
  lines.splice(1, 0, `go ${parsed.Go}`);

  if (recipe.replaces === 'staging') {
    const staging = recipe.version.replace(/^\d+/, '0');
    for (const { Path, Version } of parsed.Require) {
      if (Version === 'v0.0.0' && Path.startsWith('k8s.io/')) lines.push(`replace ${Path} => ${Path} v${staging}`);
    }
  }
  if (recipe.replaces === 'copied') {
    for (const { Old, New } of parsed.Replace ?? []) {
      if (!New.Version) continue; // a folder, which is only in the module's repository
      lines.push(`replace ${Old.Path}${Old.Version ? ` ${Old.Version}` : ''} => ${New.Path} ${New.Version}`);
    }
  }
  for (const [index, [path, files]] of Object.entries(recipe.local ?? {}).entries()) {
    const folder = join(work, `local-${index}`);
    await mkdir(folder, { recursive: true });
    for (const [name, content] of Object.entries(files)) await writeFile(join(folder, name), content);
    lines.push(`replace ${path} => ./local-${index}`);
  }
  return `${lines.join('\n')}\n`;
}

/** The part of `go mod edit -json` that is read here. */
interface GoMod {
  Go: string;
  Require: { Path: string; Version: string }[];
  Replace: { Old: { Path: string; Version?: string }; New: { Path: string; Version?: string } }[] | null;
}

/** Files of a downloaded module, for components that come with more than a program or with none (custom resource definitions). @throws BuildError */
export async function goModuleFile(
  recipe: Pick<GoRecipe, 'module' | 'version' | 'env'>,
  path: string,
): Promise<string> {
  const module = JSON.parse(
    await textOf('go', ['mod', 'download', '-json', `${recipe.module}@v${recipe.version}`], {
      cwd: packageFolder,
      env: { ...recipe.env }, // a module may want a newer toolchain only to be looked into
    }),
  ) as { Dir: string };
  return readFile(join(module.Dir, path), 'utf8');
}
