import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { silentLog, systemPrograms } from '@tillgate/host';
import { parse } from 'yaml';

/** What a workflow is, as far as it is looked at here. */
interface Workflow {
  jobs: Record<
    string,
    { uses?: string; permissions?: Record<string, string>; steps?: { uses?: string; with?: Record<string, unknown> }[] }
  >;
}

/**
 * Faults of workflows and templates: what actionlint says (of a copy in which `$/` reads as it knows it),
 * inputs that an action of this tree does not have, and callers that grant less than the workflow asks for,
 * which GitHub answers with a start-up failure.
 */
export async function workflowFaults(root: string, actionlint: string): Promise<string[]> {
  const files = await workflowFiles(root);
  const faults = await lint(root, files, actionlint);
  for (const file of files) faults.push(...(await wrongInputs(root, file)), ...(await missingGrants(root, file)));
  return faults;
}

/** Workflows, templates and the workflows of the example callers. */
export async function workflowFiles(root: string): Promise<string[]> {
  return [
    ...(await yamlIn(join(root, '.github/workflows'))),
    ...(await yamlIn(join(root, 'workflows-templates'))),
    ...(await callersIn(join(root, 'test/retailers'))),
  ];
}

async function lint(root: string, files: readonly string[], actionlint: string): Promise<string[]> {
  const copy = await mkdtemp(join(tmpdir(), 'tillgate-lint-'));
  try {
    await mkdir(join(copy, '.github/workflows'), { recursive: true });
    const names = await Promise.all(
      files.map(async (file, index) => {
        const name = `.github/workflows/${index}-${basename(file)}`;
        const text = (await readFile(file, 'utf8'))
          .replaceAll('uses: $/', 'uses: tillgate/tillgate/')
          .replaceAll(/(uses: tillgate\/tillgate\/actions\/[a-z-]+)$/gm, '$1@v1');
        await writeFile(join(copy, name), text);
        return name;
      }),
    );
    const ended = await systemPrograms(silentLog).run(actionlint, ['-no-color', '-oneline', ...names], {
      cwd: copy,
      env: { PATH: process.env.PATH ?? '' },
      timeoutMs: 60_000,
    });
    if (ended.exitCode === 0) return [];
    return ended.stdout
      .trim()
      .split('\n')
      .map((line) =>
        line.replace(/^\.github\/workflows\/(\d+)-[^:]+/, (_, index) =>
          (files[Number(index)] ?? '').slice(root.length + 1),
        ),
      );
  } finally {
    await rm(copy, { recursive: true });
  }
}

/** `with:` keys that the action of this tree, which a step uses, does not take; and required ones that are not given. */
async function wrongInputs(root: string, file: string): Promise<string[]> {
  const workflow = parse(await readFile(file, 'utf8')) as Workflow;
  const steps = Object.values(workflow.jobs).flatMap((job) => job.steps ?? []);
  const faults: string[] = [];
  for (const { uses, with: given = {} } of steps) {
    const folder = actionFolder(uses);
    if (folder === undefined) continue;
    const action = parse(await readFile(join(root, folder, 'action.yml'), 'utf8')) as {
      inputs: Record<string, { required?: boolean }>;
    };
    const where = `${file.slice(root.length + 1)}: ${uses}`;
    for (const name of Object.keys(given)) if (!(name in action.inputs)) faults.push(`${where} has no input ${name}.`);
    for (const [name, { required }] of Object.entries(action.inputs))
      if (required && !(name in given)) faults.push(`${where} needs the input ${name}.`);
  }
  return faults;
}

function actionFolder(uses: string | undefined): string | undefined {
  if (uses?.startsWith('$/')) return uses.slice(2);
  if (uses?.startsWith('tillgate/tillgate@')) return '.';
  return /^tillgate\/tillgate\/(actions\/[a-z-]+)@/.exec(uses ?? '')?.[1];
}

/** Permissions that a called workflow's jobs ask for and its caller does not grant. */
async function missingGrants(root: string, file: string): Promise<string[]> {
  const caller = parse(await readFile(file, 'utf8')) as Workflow;
  const faults: string[] = [];
  for (const [name, { uses, permissions = {} }] of Object.entries(caller.jobs)) {
    const called = /^tillgate\/tillgate\/(\.github\/workflows\/[a-z-]+\.yml)@/.exec(uses ?? '')?.[1];
    if (called === undefined) continue;
    const workflow = parse(await readFile(join(root, called), 'utf8')) as Workflow;
    for (const [scope, level] of Object.values(workflow.jobs).flatMap((job) => Object.entries(job.permissions ?? {}))) {
      const granted = permissions[scope];
      if (granted !== level && granted !== 'write')
        faults.push(
          `${file.slice(root.length + 1)}: job ${name} must grant ${scope}: ${level}, which ${called} asks for.`,
        );
    }
  }
  return [...new Set(faults)];
}

async function yamlIn(folder: string): Promise<string[]> {
  return (await readdir(folder)).filter((name) => name.endsWith('.yml')).map((name) => join(folder, name));
}

async function callersIn(folder: string): Promise<string[]> {
  const found = (await readdir(folder)).map((name) => yamlIn(join(folder, name, '.github/workflows')));
  return (await Promise.all(found)).flat();
}
