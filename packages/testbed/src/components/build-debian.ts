import { existsSync } from 'node:fs';
import { mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { cacheFolder } from './cache.ts';
import { withLock } from './lock.ts';
import type { DebianRecipe } from './recipe.ts';
import { BuildError, runLogged } from './run-logged.ts';
import { textOf } from './text-of.ts';

/** Folders of programs in a Debian root. */
export const programFolders = ['usr/bin', 'usr/sbin', 'bin', 'sbin'];

/**
 * Unpacks Debian packages, with all they need that this system lacks, below `folder`. Nothing is
 * installed: apt resolves against the system's package list and works in folders of its own.
 */
export async function unpackDebian(recipe: DebianRecipe, folder: string, log: string): Promise<void> {
  const downloads = join(folder, '..', 'downloads');
  await mkdir(downloads, { recursive: true });
  await withLock(join(cacheFolder(), 'locks', 'apt'), async () => {
    const apt = await ownApt(log);
    const packages = recipe.alone ? [...recipe.packages] : await withDependencies(recipe.packages, apt, log);
    await runLogged('apt-get', [...apt, 'download', ...packages], { log, cwd: downloads });
  });
  for (const name of await readdir(downloads)) {
    if (name.endsWith('.deb'))
      await runLogged('dpkg-deb', ['--extract', join(downloads, name), folder], { log, cwd: downloads });
  }
  await rm(downloads, { recursive: true });
}

/**
 * Options that give apt its own state and archive folders, with package lists fetched there once. The
 * sources stay the system's.
 */
async function ownApt(log: string): Promise<string[]> {
  const root = join(cacheFolder(), 'apt');
  for (const name of ['lists/partial', 'archives/partial']) await mkdir(join(root, name), { recursive: true });
  const options = [
    ['Dir::State::lists', join(root, 'lists')],
    ['Dir::Cache', root],
    ['APT::Sandbox::User', ''],
  ].flatMap(([key, value]) => ['-o', `${key}=${value}`]);
  const fresh = join(root, 'updated');
  if (!existsSync(fresh)) {
    await runLogged('apt-get', [...options, 'update'], { log, cwd: root });
    await writeFile(fresh, '');
  }
  return options;
}

/** The packages and what apt would install with them here. */
async function withDependencies(packages: readonly string[], apt: string[], log: string): Promise<string[]> {
  const simulated = await textOf('apt-get', [...apt, '--simulate', '--no-install-recommends', 'install', ...packages], {
    cwd: cacheFolder(),
  }).catch((cause: Error) => {
    throw new BuildError(`apt cannot resolve ${packages.join(', ')}: ${cause.message} (log: ${log})`);
  });
  const missing = [...simulated.matchAll(/^Inst (\S+) (?:\[\S+\] )?\((\S+)/gm)].map(
    ([, name, version]) => `${name}=${version}`,
  );
  const named = packages.filter((each) => !missing.some((one) => one.startsWith(`${each}=`)));
  return [...named, ...missing];
}

/** Whether packages are installed into the system: asked for by TILLGATE_INSTALL=1, and only root can. */
export function mayInstall(): boolean {
  return process.env.TILLGATE_INSTALL === '1' && process.getuid?.() === 0;
}

const POLICY = '/usr/sbin/policy-rc.d';

/** Installs Debian packages into the system (asked for by TILLGATE_INSTALL=1) and starts none of their services. */
export async function installDebian(recipe: DebianRecipe, log: string): Promise<void> {
  await withLock(join(cacheFolder(), 'locks', 'apt-install'), async () => {
    const cwd = cacheFolder();
    const own = !existsSync(POLICY);
    // Debian asks this program whether a service may be started; 101 means no.
    if (own) await writeFile(POLICY, '#!/bin/sh\nexit 101\n', { mode: 0o755 });
    try {
      const env = { DEBIAN_FRONTEND: 'noninteractive' };
      const wait = ['-o', 'DPkg::Lock::Timeout=300'];
      const install = [...wait, 'install', '-y', '--no-install-recommends', ...recipe.packages];
      await runLogged('apt-get', [...wait, 'update'], { log, cwd, env });
      await runLogged('apt-get', install, { log, cwd, env });
    } finally {
      if (own) await rm(POLICY, { force: true });
    }
  });
}

/** Libraries of an unpacked root, for LD_LIBRARY_PATH. */
export function libraryFolders(root: string): string[] {
  const machine = process.arch === 'arm64' ? 'aarch64-linux-gnu' : 'x86_64-linux-gnu';
  return [`usr/lib/${machine}`, `lib/${machine}`, 'usr/lib'].map((each) => join(root, each)).filter(existsSync);
}
