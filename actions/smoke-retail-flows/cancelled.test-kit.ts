import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type Socket, connect as toServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startGitHub } from '@tillgate/testbed/github';

/** GitHub's runner asks twice for the end and then kills: milliseconds after it was told to cancel. */
const CANCELLATION = [
  [0, 'SIGINT'],
  [7_500, 'SIGTERM'],
  [10_000, 'SIGKILL'],
] as const;

const POLICY = 'extends: preset:odoo-retail\nenvironments: { staging: { timezone: Europe/Berlin, class: standard } }\n';

/** What a cancelled action has left. */
export interface Cancelled {
  code: number | null;
  signal: NodeJS.Signals | null;
  /** Everything that was written for the runner: outputs. */
  output: string;
  summary: string;
  document: { outcome: string; findings: { rule: string; message: string }[] };
}

/** Runs the action in a process of its own, and cancels it as the runner does when it is time. */
export async function cancelled(
  inputs: Readonly<Record<string, string>>,
  when: () => Promise<void>,
): Promise<Cancelled> {
  const folder = await mkdtemp(join(tmpdir(), 'cancelled-'));
  const at = (name: string) => join(folder, name);
  const github = await startGitHub({
    repo: 'corner-shops/shops',
    files: { '.github/release-policy.yml': POLICY },
    permissions: { contents: 'read' },
  });
  const all: Record<string, string> = {
    environment: 'staging',
    image: `corner-shops/odoo@sha256:${'a'.repeat(64)}`,
    commit: 'b'.repeat(40),
    'github-token': github.token,
    ...inputs,
  };
  for (const name of ['output', 'summary', 'state']) await writeFile(at(name), '');
  try {
    const child = spawn(process.execPath, [join(import.meta.dirname, 'index.ts')], {
      stdio: ['ignore', 'ignore', 'inherit'],
      env: {
        PATH: process.env.PATH ?? '',
        NODE_NO_WARNINGS: '1',
        GITHUB_WORKSPACE: folder,
        GITHUB_REPOSITORY: 'corner-shops/shops',
        GITHUB_API_URL: github.url,
        GITHUB_OUTPUT: at('output'),
        GITHUB_STEP_SUMMARY: at('summary'),
        GITHUB_STATE: at('state'),
        RUNNER_TEMP: folder,
        ...Object.fromEntries(Object.entries(all).map(([name, value]) => [`INPUT_${name.toUpperCase()}`, value])),
      },
    });
    const closed = new Promise<Pick<Cancelled, 'code' | 'signal'>>((resolve, reject) => {
      child.on('error', reject).on('close', (code, signal) => resolve({ code, signal }));
    });
    await Promise.race([when(), closed]);
    const timers = CANCELLATION.map(([ms, signal]) => setTimeout(() => child.kill(signal), ms));
    const { code, signal } = await closed;
    timers.forEach(clearTimeout);
    const [output, summary] = await Promise.all([readFile(at('output'), 'utf8'), readFile(at('summary'), 'utf8')]);
    const text = await readFile(at('tillgate-documents/smoke-retail-flows.json'), 'utf8').catch(() => 'null');
    return { code, signal, output, summary, document: JSON.parse(text) as Cancelled['document'] };
  } finally {
    await github.stop();
    await rm(folder, { recursive: true });
  }
}

/** A line to a server that can be cut: from then on nothing comes through, in either direction. */
export async function cuttable(server: string): Promise<{ url: string; cut(): void; close(): void }> {
  const { hostname, port } = new URL(server);
  const ends: Socket[] = [];
  let isCut = false;
  const line = createServer((near) => {
    ends.push(near.on('error', () => undefined));
    if (isCut) return;
    const far = toServer(Number(port), hostname).on('error', () => near.destroy());
    ends.push(far);
    near.pipe(far).pipe(near);
  });
  await new Promise<void>((resolve) => line.listen(0, '127.0.0.1', resolve));
  const own = line.address() as { port: number };
  return {
    url: `http://127.0.0.1:${own.port}`,
    cut: () => {
      isCut = true;
      for (const end of ends) end.unpipe().pause();
    },
    close: () => {
      for (const end of ends) end.destroy();
      line.close();
    },
  };
}
