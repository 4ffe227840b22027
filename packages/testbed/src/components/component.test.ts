import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { silentLog, systemPrograms } from '@tillgate/host';
import { component, MissingComponent } from './component.ts';
import { describe as describeAll, doctor } from './doctor.ts';

let folder: string;
const before = { ...process.env };
/** A machine on which nothing is to be found but a `go` of our own making. */
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'component-'));
  process.env = { HOME: folder, TILLGATE_CACHE: join(folder, 'cache'), PATH: `${folder}:/usr/bin:/bin` };
});
afterEach(async () => {
  process.env = { ...before };
  await rm(folder, { recursive: true });
});

/** `go install` as far as it matters: writes the program into GOBIN, and counts how often it was asked. */
async function fakeGo(program: string): Promise<() => Promise<number>> {
  const count = join(folder, 'count');
  await writeFile(
    join(folder, 'go'),
    `#!/bin/sh\necho x >> ${count}\nsleep 0.3\n[ -n "$GOBIN" ] || exit 9\nprintf '%s' '${program}' > $GOBIN/act && chmod +x $GOBIN/act\n`,
  );
  await chmod(join(folder, 'go'), 0o755);
  return async () => (await readFile(count, 'utf8')).trim().split('\n').length;
}

describe('component()', () => {
  it('builds what is missing once, however many ask at once, and says so', async () => {
    const builds = await fakeGo('#!/bin/sh\necho act version 0.2.89\n');
    const said: string[] = [];
    const [one, two] = await Promise.all([component('act', (line) => said.push(line)), component('act', () => {})]);
    expect(one).toMatchObject({ name: 'act', version: '0.2.89', from: 'cache' });
    expect(two).toBe(one);
    expect(await builds()).toBe(1);
    expect(said[0]).toContain('act 0.2.89: getting it (built from its Go module, about 20 s');
    expect(said.at(-1)).toMatch(/act 0\.2\.89: ready after \d+ s/);
  });

  it('lets two processes build it once', async () => {
    const builds = await fakeGo('#!/bin/sh\necho act version 0.2.89\n');
    const code = `import { component } from ${JSON.stringify(join(import.meta.dirname, 'component.ts'))};
      console.log((await component('act')).version);`;
    const args = ['--input-type=module', '--disable-warning=ExperimentalWarning', '-e', code];
    const run = () =>
      systemPrograms(silentLog).run(process.execPath, args, {
        env: { ...process.env } as Record<string, string>,
        cwd: folder,
        timeoutMs: 30_000,
      });
    const ended = await Promise.all([run(), run()]);
    expect(ended.map(({ stdout }) => stdout)).toEqual(['0.2.89\n', '0.2.89\n']);
    expect(ended.filter(({ stderr }) => stderr.includes('another process is building it, waiting'))).toHaveLength(1);
    expect(await builds()).toBe(1);
  });

  it('tells what failed with the end of the log, and what to do', async () => {
    await writeFile(join(folder, 'go'), '#!/bin/sh\necho "dial tcp: no route to host" >&2\nexit 1\n', { mode: 0o755 });
    const failure = component('actionlint', () => {});
    await expect(failure).rejects.toThrow(MissingComponent);
    await expect(failure).rejects.toThrow(
      /actionlint 1\.7\.12 could not be had: go ended with exit code 1\..*no route to host.*Put one that fits 1\.7\.12 on PATH, or point TILLGATE_ACTIONLINT to it\./s,
    );
  });

  it('says that Go is missing where it is', async () => {
    await expect(component('kwok', () => {})).rejects.toThrow('go is not on PATH');
  });
});

describe('doctor', () => {
  it('tells of each missing component the command that gets it', async () => {
    const text = describeAll(await doctor());
    expect(text).toContain(`cache: ${join(folder, 'cache')}`);
    expect(text).toMatch(/^trivy +missing +wanted 0\.72\.0, .*`npm run testbed -- get trivy`/m);
    expect(text).toMatch(/^flagger +on demand/m);
    expect(text).toMatch(/^node24 +present +24\./m);
  });
});
