import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { silentLog, systemPrograms } from '@tillgate/host';
import { clusterComponents } from '../cluster/programs.ts';
import { needBed } from '../require.ts';

const tools = await needBed(
  ...clusterComponents,
  'shop',
  'traefik',
  'prometheus',
  'postgresql',
  'pgbackrest',
  'redis',
  'docker-registry',
);

let folder: string;

/** `npm run testbed -- …` with beds of its own, so that it finds no other's. */
async function testbed(...args: string[]) {
  const env = Object.fromEntries(
    Object.entries(process.env).filter((entry): entry is [string, string] => entry[1] !== undefined),
  );
  const cli = join(import.meta.dirname, '..', 'cli.ts');
  return systemPrograms(silentLog).run(process.execPath, ['--disable-warning=ExperimentalWarning', cli, ...args], {
    cwd: folder,
    env: { ...env, TILLGATE_BEDS: join(folder, 'beds'), TILLGATE_RUNS: join(folder, 'runs') },
    timeoutMs: 110_000,
  });
}

(tools ? describe : describe.skip)('npm run testbed', () => {
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'tg-'));
  });
  afterAll(async () => {
    await testbed('down');
    await rm(folder, { recursive: true, force: true });
  });

  it('brings a whole bed up, shows it, and takes it down', async () => {
    const up = await testbed('up');
    expect(up.stderr).toBe('');
    for (const part of ['cluster', 'shops', 'traefik', 'prometheus', 'postgresql', 'redis', 'registry', 'github']) {
      expect(up.stdout).toContain(`${part} ready after`);
    }
    const again = await testbed('up');
    expect(again.exitCode).toBe(1);
    expect(again.stderr).toContain('A bed is up already');

    const { stdout } = await testbed('status');
    for (const name of [
      'etcd',
      'kube-apiserver',
      'traefik',
      'prometheus',
      'pod_default_shop',
      'postgres',
      'redis',
      'registry',
    ]) {
      expect(stdout).toMatch(new RegExp(`${name}.* \\d+ MiB|${name} +runs`));
    }
    expect((await testbed('logs')).stdout).toContain('/kube-scheduler\n');

    expect((await testbed('down')).stdout).toBe('The bed is down.\n');
    expect((await testbed('status')).stdout).toContain('Nothing runs.');
    expect((await testbed('down')).stdout).toBe('No bed is up.\n');
  });

  it('says what it can do, and fails for a command that it does not know', async () => {
    const { exitCode, stdout } = await testbed('upp');
    expect(exitCode).toBe(2);
    expect(stdout).toContain('start a bed');
    expect((await testbed('get', 'trivvy')).stderr).toContain('There is no component "trivvy". Known are: act,');
  });
});
