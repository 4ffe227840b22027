import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { startGitHub } from '@tillgate/testbed/github';
import { startOdoo, startRetail } from '@tillgate/testbed/odoo';

const BUNDLE = join(import.meta.dirname, '../../actions/smoke-retail-flows/dist/index.js');
const POLICY = 'extends: preset:odoo-retail\nenvironments:\n  staging: { timezone: Europe/Berlin, class: standard }\n';

export interface Visited {
  seconds: number;
  /** Requests that the server answered. */
  requests: number;
  /** Peak resident memory of the bundle's process, in MiB. */
  mebibytes: number;
  outcome: string;
  flowsPassed: number;
}

/**
 * One visit of so many tenants on one Odoo, each with a database of its own, by the shipped bundle in a
 * process of its own. The server has loaded all databases before, as a server at work has.
 */
export async function visitTenants(
  count: number,
  concurrency: number,
  flows: readonly string[],
  say: (progress: string) => void,
): Promise<Visited> {
  const retail = await startRetail();
  const folder = await mkdtemp(join(tmpdir(), 'tillgate-bench-smoke-'));
  const names = Array.from({ length: count }, (_, index) => `tenant_${String(index + 1).padStart(2, '0')}`);
  try {
    say(`copying ${count} databases`);
    const [first = ''] = names;
    await retail.clone({ name: first });
    await retail.postgres.psql(
      `INSERT INTO ir_config_parameter (key, value) VALUES ('database.is_neutralized', 'true');
       UPDATE ir_cron SET nextcall = now() at time zone 'utc' + interval '6 hours'`,
      first,
    );
    for (const name of names.slice(1)) await retail.clone({ name, from: first });
    say('the server loads them');
    const roomy = String(16 * 2 ** 30);
    const odoo = await startOdoo({
      retail,
      database: names.join(),
      args: [`--limit-memory-soft=${roomy}`, `--limit-memory-hard=${roomy}`],
    });
    try {
      const log = () => readFile(odoo.log, 'utf8');
      while (((await log()).match(/Registry loaded in/g)?.length ?? 0) < count) await sleep(1_000);
      const before = posts(await log());
      say(`visiting ${count} tenants, ${concurrency} at once: ${flows.join(', ') || 'all flows'}`);
      const ran = await runBundle(folder, odoo.url, names, retail.template.apiKey, concurrency, flows);
      return { ...ran, requests: posts(await log()) - before };
    } finally {
      await odoo.stop();
    }
  } finally {
    await retail.stop();
    await rm(folder, { recursive: true });
  }
}

const posts = (log: string): number => log.match(/"POST \/(json|web)/g)?.length ?? 0;

async function runBundle(
  folder: string,
  url: string,
  names: readonly string[],
  apiKey: string,
  concurrency: number,
  flows: readonly string[],
): Promise<Omit<Visited, 'requests'>> {
  const tenants = ['shared:', `  url: ${url}`, 'tenants:', ...names.map((name) => `  - { name: ${name} }`), ''].join(
    '\n',
  );
  const github = await startGitHub({
    repo: 'corner-shops/shops',
    files: { '.github/release-policy.yml': POLICY, 'smoke/tenants.yml': tenants },
    permissions: { contents: 'read' },
  });
  const [output, summary, state] = ['output', 'summary', 'state'].map((name) => join(folder, name)) as [
    string,
    string,
    string,
  ];
  for (const file of [output, summary, state]) await writeFile(file, '');
  const inputs: Record<string, string> = {
    environment: 'staging',
    image: `corner-shops/odoo@sha256:${'a'.repeat(64)}`,
    commit: 'b'.repeat(40),
    'github-token': github.token,
    tenants: 'smoke/tenants.yml',
    'api-key': apiKey,
    concurrency: String(concurrency),
    flows: flows.join(' '),
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
        GITHUB_OUTPUT: output,
        GITHUB_STEP_SUMMARY: summary,
        GITHUB_STATE: state,
        RUNNER_TEMP: folder,
        ...Object.fromEntries(Object.entries(inputs).map(([name, value]) => [`INPUT_${name.toUpperCase()}`, value])),
      },
    });
    const ended = new Promise<void>((resolve, reject) => child.on('error', reject).on('close', () => resolve()));
    const mebibytes = await peakOf(child.pid ?? 0, ended);
    const seconds = (performance.now() - started) / 1_000;
    const told = await readFile(output, 'utf8');
    const value = (name: string) => new RegExp(`^${name}<<(\\S+)\\n([\\s\\S]*?)\\n\\1$`, 'm').exec(told)?.[2] ?? '';
    return { seconds, mebibytes, outcome: value('outcome'), flowsPassed: Number(value('flows-passed')) };
  } finally {
    await github.stop();
  }
}

/** The most memory that a process has had, as the kernel tells it while it lives, in MiB. */
async function peakOf(pid: number, ends: Promise<void>): Promise<number> {
  let [peak, over] = [0, false];
  void ends.finally(() => {
    over = true;
  });
  while (!over) {
    const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '');
    peak = Math.max(peak, Number(/VmHWM:\s+(\d+) kB/.exec(status)?.[1] ?? 0) / 1_024);
    await sleep(50);
  }
  await ends;
  return peak;
}
