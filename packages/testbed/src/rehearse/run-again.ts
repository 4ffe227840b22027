import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { silentLog, systemPrograms } from '@tillgate/host';

/** A step of a job that is run again, as its runner would. */
export interface Again {
  /** Folder of the suite's copy. */
  suite: string;
  action: string;
  inputs: Readonly<Record<string, string>>;
  /** A folder of the job's own, which is made. */
  workspace: string;
  env: Readonly<Record<string, string>>;
}

export interface RanAgain {
  exitCode: number;
  log: string;
  outputs: Readonly<Record<string, string>>;
  workspace: string;
}

/** Runs an action's bundle with inputs, in a workspace that holds nothing but what is put there first. */
export async function runAgain({ suite, action, inputs, workspace, env }: Again): Promise<RanAgain> {
  await mkdir(workspace, { recursive: true });
  const files = Object.fromEntries(
    ['OUTPUT', 'STATE', 'STEP_SUMMARY'].map((name) => [`GITHUB_${name}`, join(workspace, `.${name}`)]),
  );
  for (const file of Object.values(files)) await writeFile(file, '');
  const given = Object.entries(inputs).map(([name, value]) => [`INPUT_${name.toUpperCase()}`, value]);
  const ended = await systemPrograms(silentLog).run(
    process.execPath,
    [join(suite, 'actions', action, 'dist/index.js')],
    {
      cwd: workspace,
      env: { ...env, ...files, ...Object.fromEntries(given), GITHUB_WORKSPACE: workspace, RUNNER_TEMP: workspace },
      timeoutMs: 5 * 60_000,
    },
  );
  const outputs: Record<string, string> = {};
  for (const [, name, , value] of (await readFile(files.GITHUB_OUTPUT as string, 'utf8')).matchAll(
    /^(\S+)<<(ghadelimiter_\S+)\n([\s\S]*?)\n\2$/gm,
  ))
    outputs[name as string] = value as string;
  return { exitCode: ended.exitCode, log: `${ended.stdout}${ended.stderr}`, outputs, workspace };
}
