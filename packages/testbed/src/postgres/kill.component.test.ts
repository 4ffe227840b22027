import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from '@jest/globals';
import { need } from '../require.ts';
import { until } from '../until.ts';
import { startPostgres } from './index.ts';

const runs = mkdtempSync(join(tmpdir(), 'runs-'));
process.env.TILLGATE_RUNS = runs;

/** Pids of all processes that name a folder in their arguments. */
function processesOf(folder: string): string[] {
  return readdirSync('/proc').filter((pid) => {
    try {
      return /^\d+$/.test(pid) && readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(folder);
    } catch {
      return false; // it has just ended
    }
  });
}

/** Starts a cluster that archives in a process of its own, and kills that process when the cluster answers. */
async function startAndKill(): Promise<void> {
  const script = `
    import { startPostgres } from ${JSON.stringify(new URL('./index.ts', import.meta.url).href)};
    const postgres = await startPostgres();
    console.log(postgres.data);
    setInterval(() => {}, 1000);`;
  const child = spawn(
    process.execPath,
    ['--disable-warning=ExperimentalWarning', '--input-type=module', '--eval', script],
    {
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  );
  const [line] = (await once(child.stdout as NodeJS.ReadableStream, 'data')) as [Buffer];
  expect(existsSync(String(line).trim())).toBe(true);
  child.kill('SIGKILL');
  await once(child, 'exit');
}

afterAll(() => {
  delete process.env.TILLGATE_RUNS;
  rmSync(runs, { recursive: true, force: true });
});

((await need('postgresql')) ? it : it.skip)(
  'after kill -9, ten times over, the next start cleans up and starts',
  async () => {
    for (let round = 0; round < 10; round++) await startAndKill();
    const postgres = await startPostgres();
    try {
      expect(await postgres.psql('SELECT 1')).toBe('1');
      expect(readdirSync(runs).filter((name) => name !== 'ports')).toHaveLength(1);
      expect(readdirSync(join(runs, 'ports'))).toEqual([String(postgres.port)]);
    } finally {
      await postgres.stop();
    }
    await until('nothing runs any more', () => processesOf(runs).length === 0);
  },
);
