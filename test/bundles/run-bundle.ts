import { spawn } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';

export const ROOT = join(dirname(fileURLToPath(import.meta.url)), '..', '..');

/** Node 24, the runtime that users get. The test command itself runs on it. */
const NODE = process.env.TILLGATE_NODE24 ?? process.execPath;

/** A bundle that has not ended by then hangs, and is killed so that the test can say so. */
const STUCK_MS = 60_000;

/** A committed bundle, and what its action.yml says of it. */
export interface Bundle {
  action: string;
  file: string;
  inputs: Readonly<Record<string, { required?: boolean; default?: string }>>;
}

/** Every action that has a bundle. */
export const BUNDLES: readonly Bundle[] = readdirSync(join(ROOT, 'actions'))
  .filter((action) => existsSync(join(ROOT, 'actions', action, 'dist', 'index.js')))
  .filter((action) => existsSync(join(ROOT, 'actions', action, 'action.yml')))
  .sort()
  .map((action) => ({
    action,
    file: join(ROOT, 'actions', action, 'dist', 'index.js'),
    inputs: parse(readFileSync(join(ROOT, 'actions', action, 'action.yml'), 'utf8')).inputs ?? {},
  }));

/** A machine as a job finds it: an empty workspace, and the files through which a step speaks to the runner. */
export interface Job {
  folder: string;
  workspace: string;
  temp: string;
  remove(): Promise<void>;
}

export async function newJob(): Promise<Job> {
  const folder = await mkdtemp(join(tmpdir(), 'tillgate-bundle-'));
  const [workspace, temp] = [join(folder, 'workspace'), join(folder, 'temp')];
  await Promise.all([mkdir(workspace), mkdir(temp)]);
  return { folder, workspace, temp, remove: () => rm(folder, { recursive: true, force: true }) };
}

export interface Step {
  inputs: Readonly<Record<string, string>>;
  apiUrl?: string;
  env?: Readonly<Record<string, string>>;
  /** Source of a module that is loaded before the bundle. */
  preload?: string;
  /** Ends the process by this signal once the promise is fulfilled. */
  end?: { signal: NodeJS.Signals; when: Promise<void> };
}

export interface Ran {
  code: number | null;
  signal: NodeJS.Signals | null;
  /** The log as people see it: without the lines that only tell the runner what to mask. */
  log: string;
  outputs: Record<string, string>;
  state: Record<string, string>;
  summary: string;
  /** Content of every file that was left in the workspace, by its path in there. */
  left: Record<string, string>;
}

/** Runs a bundle as the runner would, in a process of its own. */
export async function runBundle({ file, inputs: declared }: Bundle, job: Job, step: Step): Promise<Ran> {
  const channel = await channels(job);
  const withDefaults = Object.entries(declared).flatMap(([name, { default: fallback }]) =>
    fallback === undefined || fallback.startsWith('${{') ? [] : [[name, fallback] as const],
  );
  const given = { ...Object.fromEntries(withDefaults), ...step.inputs };
  const args: string[] = [];
  if (step.preload !== undefined) {
    const preload = join(job.folder, 'preload.mjs');
    await writeFile(preload, step.preload);
    args.push('--import', preload);
  }
  const child = spawn(NODE, [...args, file], {
    cwd: job.workspace,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      PATH: process.env.PATH ?? '',
      HOME: job.folder,
      GITHUB_WORKSPACE: job.workspace,
      GITHUB_REPOSITORY: 'corner-shops/shops',
      GITHUB_RUN_ID: '1',
      GITHUB_RUN_ATTEMPT: '1',
      GITHUB_SERVER_URL: 'https://github.example',
      GITHUB_API_URL: step.apiUrl ?? 'http://127.0.0.1:9',
      RUNNER_TEMP: job.temp,
      ...channel,
      ...Object.fromEntries(Object.entries(given).map(([name, value]) => [`INPUT_${name.toUpperCase()}`, value])),
      ...step.env,
    },
  });
  let log = '';
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text) => (log += text));
  const closed = new Promise<[number | null, NodeJS.Signals | null]>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) => resolve([code, signal]));
  });
  if (step.end) {
    await Promise.race([step.end.when, closed]);
    child.kill(step.end.signal);
  }
  const stuck = setTimeout(() => child.kill('SIGKILL'), STUCK_MS);
  const [code, signal] = await closed;
  clearTimeout(stuck);
  return {
    code,
    signal,
    log: log
      .split('\n')
      .filter((line) => !line.startsWith('::add-mask::'))
      .join('\n'),
    outputs: namedValues(await readFile(channel.GITHUB_OUTPUT, 'utf8')),
    state: namedValues(await readFile(channel.GITHUB_STATE, 'utf8')),
    summary: await readFile(channel.GITHUB_STEP_SUMMARY, 'utf8'),
    left: await contents(job.workspace),
  };
}

async function channels(job: Job) {
  const paths = {
    GITHUB_OUTPUT: join(job.folder, 'output'),
    GITHUB_STATE: join(job.folder, 'state'),
    GITHUB_STEP_SUMMARY: join(job.folder, 'summary'),
  };
  await Promise.all(Object.values(paths).map((path) => writeFile(path, '')));
  return paths;
}

/** Reads what a step wrote for the runner: `name<<delimiter`, lines, delimiter. */
function namedValues(text: string): Record<string, string> {
  const found = text.matchAll(/^([^\n<]+)<<(ghadelimiter_[^\n]+)\n([\s\S]*?)\n?\2$/gm);
  return Object.fromEntries([...found].map(([, name = '', , value = '']) => [name, value]));
}

async function contents(folder: string): Promise<Record<string, string>> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  return Object.fromEntries(
    await Promise.all(files.map(async (file) => [file.slice(folder.length + 1), await readFile(file, 'utf8')])),
  );
}
