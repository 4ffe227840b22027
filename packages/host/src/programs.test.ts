import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { silentLog } from './log.ts';
import { ProgramError, type RunOptions, systemPrograms } from './programs.ts';

const programs = systemPrograms(silentLog);
const NODE = process.execPath;
let cwd: string;
beforeAll(async () => {
  cwd = await mkdtemp(join(tmpdir(), 'tillgate-programs-'));
});
afterAll(() => rm(cwd, { recursive: true, force: true }));

const node = (script: string, options: Partial<RunOptions> = {}) =>
  programs.run(NODE, ['-e', script], { env: {}, cwd, timeoutMs: 30_000, ...options });

describe('run', () => {
  it('gives exit code, both outputs, and keeps the last line end', async () => {
    expect(await node("console.log('out'); console.error('err'); process.exitCode = 3")).toMatchObject({
      exitCode: 3,
      stdout: 'out\n',
      stderr: 'err\n',
    });
  });

  it('hands on the environment it was given and nothing else', async () => {
    process.env.TILLGATE_TEST_SECRET = 'inherited';
    const { stdout } = await node('console.log(JSON.stringify(process.env))', { env: { A: '1' } });
    delete process.env.TILLGATE_TEST_SECRET;
    expect(JSON.parse(stdout)).toEqual({ A: '1' });
  });

  it('passes arguments as they are: there is no shell', async () => {
    const hostile = ['$(id)', '; id', '"', "'", '*', '', 'a b', '--', '`id`', '\n'];
    const { stdout } = await programs.run(
      NODE,
      ['-e', 'console.log(JSON.stringify(process.argv.slice(1)))', '--', ...hostile],
      { env: {}, cwd, timeoutMs: 30_000 },
    );
    expect(JSON.parse(stdout)).toEqual(hostile);
  });

  it('hands on input, and writes to a file instead of memory', async () => {
    const stdoutFile = join(cwd, 'out');
    const ended = await node('process.stdin.pipe(process.stdout)', { input: 'hello', stdoutFile });
    expect(ended).toMatchObject({ exitCode: 0, stdout: '' });
    expect(await readFile(stdoutFile, 'utf8')).toBe('hello');
  });

  it.each([
    ['hangs', 'setInterval(() => {}, 1000)'],
    ['answers SIGTERM by ending well', "process.on('SIGTERM', () => process.exit(0)); setInterval(() => {}, 1000)"],
  ])('ends what %s, and that is no result', async (_, script) => {
    await expect(node(script, { timeoutMs: 300 })).rejects.toThrow('did not end in time');
  });

  it('ends what writes too much', async () => {
    const flood = "const all = 'x'.repeat(100000); for (let i = 0; i < 100; i++) process.stdout.write(all)";
    await expect(node(flood, { maxBytes: 10_000 })).rejects.toThrow('more than may be read');
  });

  it('ends what is cancelled, also where it takes that for success', async () => {
    const controller = new AbortController();
    const script =
      "process.on('SIGTERM', () => process.exit(0)); setInterval(() => {}, 1000); require('node:fs').writeFileSync('up', '')";
    const running = node(script, { signal: controller.signal });
    const refused = expect(running).rejects.toThrow('was cancelled');
    while (!(await readFile(join(cwd, 'up')).catch(() => undefined))) await new Promise(setImmediate);
    controller.abort();
    await refused;
  });

  it('says what could not be started', async () => {
    const refused = programs.run(join(cwd, 'nothing'), [], { env: {}, cwd, timeoutMs: 1_000 });
    await expect(refused).rejects.toThrow(ProgramError);
    await expect(refused).rejects.toThrow('ENOENT');
  });

  it('says which signal ended a program', async () => {
    await expect(node("process.kill(process.pid, 'SIGKILL')")).rejects.toThrow('SIGKILL');
  });
});
