import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { startGitHub } from '@tillgate/testbed/github';

const BUNDLE = join(import.meta.dirname, '../../actions/smoke-retail-flows/dist/index.js');
const POLICY = 'extends: preset:odoo-retail\nenvironments:\n  staging: { timezone: Europe/Berlin, class: standard }\n';

export interface Wanted {
  url: string;
  /** Databases, each of which is a tenant. */
  tenants: readonly string[];
  apiKey: string;
  concurrency: number;
  /** Empty: all. */
  flows: readonly string[];
  repeats?: number;
}

export interface Visited {
  seconds: number;
  /** Peak resident memory of the bundle's process, in megabytes of a million bytes. */
  megabytes: number;
  outcome: string;
  flowsPassed: number;
}

/** Sends the shipped bundle to all tenants, in a process of its own, as a runner would. */
export async function visit({ url, tenants, apiKey, concurrency, flows, repeats = 1 }: Wanted): Promise<Visited> {
  const folder = await mkdtemp(join(tmpdir(), 'tillgate-bench-smoke-'));
  const list = ['shared:', `  url: ${url}`, 'tenants:', ...tenants.map((name) => `  - { name: ${name} }`), ''];
  const github = await startGitHub({
    repo: 'corner-shops/shops',
    files: { '.github/release-policy.yml': POLICY, 'smoke/tenants.yml': list.join('\n') },
    permissions: { contents: 'read' },
  });
  const at = (name: string) => join(folder, name);
  for (const name of ['output', 'summary', 'state']) await writeFile(at(name), '');
  const inputs: Record<string, string> = {
    environment: 'staging',
    image: `corner-shops/odoo@sha256:${'a'.repeat(64)}`,
    commit: 'b'.repeat(40),
    'github-token': github.token,
    tenants: 'smoke/tenants.yml',
    'api-key': apiKey,
    concurrency: String(concurrency),
    flows: flows.join(' '),
    repeats: String(repeats),
  };
  try {
    const started = performance.now();
    const child = spawn(process.execPath, [BUNDLE], {
      stdio: ['ignore', 'ignore', 'inherit'],
      env: {
        PATH: process.env.PATH ?? '',
        GITHUB_WORKSPACE: folder,
        GITHUB_REPOSITORY: 'corner-shops/shops',
        GITHUB_API_URL: github.url,
        GITHUB_OUTPUT: at('output'),
        GITHUB_STEP_SUMMARY: at('summary'),
        GITHUB_STATE: at('state'),
        RUNNER_TEMP: folder,
        ...Object.fromEntries(Object.entries(inputs).map(([name, value]) => [`INPUT_${name.toUpperCase()}`, value])),
      },
    });
    const ended = new Promise<void>((resolve, reject) => child.on('error', reject).on('close', () => resolve()));
    const megabytes = await peakOf(child.pid ?? 0, ended);
    const seconds = (performance.now() - started) / 1_000;
    const told = await readFile(at('output'), 'utf8');
    const value = (name: string) => new RegExp(`^${name}<<(\\S+)\\n([\\s\\S]*?)\\n\\1$`, 'm').exec(told)?.[2] ?? '';
    return { seconds, megabytes, outcome: value('outcome'), flowsPassed: Number(value('flows-passed')) };
  } finally {
    await github.stop();
    await rm(folder, { recursive: true });
  }
}

/** The most memory that a process has had, as the kernel tells it while it lives, in megabytes. */
async function peakOf(pid: number, ends: Promise<void>): Promise<number> {
  let [peak, over] = [0, false];
  void ends.finally(() => {
    over = true;
  });
  while (!over) {
    const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '');
    peak = Math.max(peak, (Number(/VmHWM:\s+(\d+) kB/.exec(status)?.[1] ?? 0) * 1_024) / 1e6);
    await sleep(50);
  }
  await ends;
  return peak;
}
