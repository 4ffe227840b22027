import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { until } from '../until.ts';
import { listRuns, openRun, removeDeadRuns } from './run.ts';

const linux = process.platform === 'linux';
const sleeper = { file: 'sleep', args: ['600'], env: { PATH: process.env.PATH ?? '' }, cwd: '/' };
const runs = mkdtempSync(join(tmpdir(), 'runs-'));

/** Another process that opens a run with a sleeper and then does nothing; it prints the sleeper's pid. */
function opener(): ReturnType<typeof spawn> {
  const script = `
    import { openRun } from ${JSON.stringify(new URL('./run.ts', import.meta.url).href)};
    const run = await openRun('abandoned');
    await run.port();
    const { pid } = await run.start('sleeper', ${JSON.stringify(sleeper)});
    console.log(JSON.stringify({ pid, folder: run.folder }));
    setInterval(() => {}, 1000);`;
  const args = ['--disable-warning=ExperimentalWarning', '--input-type=module', '--eval', script];
  return spawn(process.execPath, args, {
    env: { ...process.env, TILLGATE_RUNS: runs },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
}

const lives = (pid: number): boolean => existsSync(`/proc/${pid}`);

(linux ? describe : describe.skip)('runs', () => {
  beforeAll(() => {
    process.env.TILLGATE_RUNS = runs;
  });
  afterAll(() => {
    process.env.TILLGATE_RUNS = '';
    delete process.env.TILLGATE_RUNS;
    rmSync(runs, { recursive: true, force: true });
  });

  it('never give the same port or folder twice', async () => {
    const opened = await Promise.all(Array.from({ length: 8 }, () => openRun('many')));
    const ports = await Promise.all(opened.flatMap((run) => Array.from({ length: 5 }, () => run.port())));
    expect(new Set(ports).size).toBe(40);
    expect(new Set(opened.map((run) => run.folder)).size).toBe(8);
    await Promise.all(opened.map((run) => run.close()));
    expect(readdirSync(join(runs, 'ports'))).toEqual([]);
  });

  it('tell what runs, since when, with how much memory', async () => {
    const before = Date.now();
    const run = await openRun('told');
    const { pid } = await run.start('sleeper', sleeper);
    const status = (await listRuns()).find((each) => each.id === run.id);
    expect(status?.kind).toBe('told');
    expect(status?.processes).toEqual([{ name: 'sleeper', pid, running: true }]);
    expect(Date.parse(status?.since ?? '')).toBeGreaterThanOrEqual(before);
    expect(status?.memoryBytes).toBeGreaterThan(10_000);
    await run.close();
    expect(lives(pid)).toBe(false);
    expect(existsSync(run.folder)).toBe(false);
    expect(await listRuns()).toEqual([]);
  });

  it('are left alone while their opener lives, and cleaned up by the next one after kill -9', async () => {
    const other = opener();
    const [line] = (await once(other.stdout as NodeJS.ReadableStream, 'data')) as [Buffer];
    const { pid, folder } = JSON.parse(String(line)) as { pid: number; folder: string };
    expect(await removeDeadRuns()).toEqual([]);
    expect(lives(pid)).toBe(true);

    other.kill('SIGKILL');
    await once(other, 'exit');
    const next = await openRun('next');
    await until('the abandoned process has ended', () => !lives(pid));
    expect(existsSync(folder)).toBe(false);
    expect(readdirSync(join(runs, 'ports'))).toEqual([]);
    await next.close();
  });
});
