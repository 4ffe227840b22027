import { existsSync } from 'node:fs';
import { cp, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';

/** What callers write: `tillgate/tillgate/.github/workflows/release.yml@v1`. */
const SUITE = 'tillgate/tillgate@v1';

/** Official actions that the workflows use, by the commit that they are pinned to, and their stand-ins. */
const STAND_INS = ['upload-artifact', 'download-artifact'] as const;

/**
 * Copies what users get of this tree (workflows, action.yml files, bundles) to `into`, with the two things
 * rewritten that act's schema does not know yet: `$/` references and `queue`.
 */
export async function copySuite(root: string, into: string): Promise<void> {
  await mkdir(into, { recursive: true });
  await cp(join(root, 'action.yml'), join(into, 'action.yml'));
  for (const name of await readdir(join(root, 'actions'))) {
    // An action that is not built yet is none of the suite: a workflow that uses it says so.
    if (!existsSync(join(root, 'actions', name, 'dist'))) continue;
    for (const part of ['action.yml', 'dist']) {
      await cp(join(root, 'actions', name, part), join(into, 'actions', name, part), { recursive: true });
    }
  }
  const workflows = join(root, '.github', 'workflows');
  for (const file of (await readdir(workflows)).filter((name) => name.endsWith('.yml'))) {
    const target = join(into, '.github', 'workflows', file);
    await mkdir(dirname(target), { recursive: true });
    await writeFile(target, forAct(await readFile(join(workflows, file), 'utf8')));
  }
}

/** A workflow as act reads it. */
export function forAct(workflow: string): string {
  const [repository, ref] = SUITE.split('@');
  return workflow.replaceAll(/uses: \$\/(\S+)/g, `uses: ${repository}/$1@${ref}`).replaceAll(/^\s+queue: .*\n/gm, '');
}

/** act's arguments that lead the suite and the official actions to folders of this machine. */
export async function localRepositories(root: string, suite: string): Promise<string[]> {
  const used = new Set<string>();
  for (const folder of [join(root, '.github', 'workflows'), join(root, 'workflows-templates')]) {
    for (const file of (await readdir(folder)).filter((name) => name.endsWith('.yml'))) {
      for (const [, action] of (await readFile(join(folder, file), 'utf8')).matchAll(
        /uses: (actions\/[a-z-]+@[0-9a-f]{40})/g,
      )) {
        used.add(action as string);
      }
    }
  }
  const standIns = [...used].flatMap((action) => {
    const name = STAND_INS.find((one) => action.startsWith(`actions/${one}@`));
    return name ? [`${action}=${join(import.meta.dirname, 'stand-ins', name)}`] : [];
  });
  return [`${SUITE}=${suite}`, ...standIns].flatMap((mapping) => ['--local-repository', mapping]);
}
