import { copyFile, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { runLogged } from '../components/run-logged.ts';

/** Parts of a package that run programs: when it is installed, removed, or when another one is. */
const SCRIPTS = ['preinst', 'postinst', 'prerm', 'postrm', 'config', 'triggers'];

/** What images leave out that call themselves slim. */
const LEFT_OUT = [
  '--path-exclude=/usr/share/doc/*',
  '--path-include=/usr/share/doc/*/copyright',
  '--path-exclude=/usr/share/info/*',
  '--path-exclude=/usr/share/locale/*',
  '--path-exclude=/usr/share/man/*',
];

/**
 * Prepares a folder to become a Debian system, as debootstrap does: dpkg's empty database, and the links that
 * make one of /bin and /usr/bin.
 */
export async function emptyRoot(root: string, architecture: 'amd64' | 'arm64'): Promise<void> {
  const links = architecture === 'amd64' ? ['bin', 'sbin', 'lib', 'lib64'] : ['bin', 'sbin', 'lib'];
  for (const name of links) {
    await mkdir(join(root, 'usr', name), { recursive: true });
    await symlink(join('usr', name), join(root, name));
  }
  const database = join(root, 'var', 'lib', 'dpkg');
  for (const name of ['info', 'updates', 'triggers']) await mkdir(join(database, name), { recursive: true });
  for (const name of ['status', 'available']) await writeFile(join(database, name), '');
}

/**
 * Lets dpkg itself install packages into a root, so that its files and dpkg's database are what they are on a
 * real system. The packages' scripts are taken out before: none of them runs on this machine, the
 * packages may be of another architecture, and root is not needed.
 */
export async function installPackages(files: readonly string[], root: string, log: string): Promise<void> {
  const work = await mkdtemp(join(tmpdir(), 'tillgate-debian-'));
  try {
    const quiet: string[] = [];
    for (const file of files) quiet.push(await withoutScripts(file, work, log));
    const despite = ['architecture', 'depends', 'conflicts', 'breaks', 'not-root', 'bad-path', 'unsafe-io'];
    const options = [`--root=${root}`, `--log=${join(work, 'dpkg.log')}`, `--force-${despite.join(',')}`];
    await runLogged('dpkg', [...options, ...LEFT_OUT, '--install', ...quiet], { log, cwd: work });
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

/** The accounts of every Debian system, which a script of base-passwd puts there. */
export async function addAccounts(root: string): Promise<void> {
  for (const name of ['passwd', 'group']) {
    await copyFile(join(root, 'usr', 'share', 'base-passwd', `${name}.master`), join(root, 'etc', name));
  }
}

async function withoutScripts(file: string, work: string, log: string): Promise<string> {
  const unpacked = join(work, 'unpacked');
  const quiet = join(work, basename(file));
  await runLogged('dpkg-deb', ['--raw-extract', file, unpacked], { log, cwd: work });
  for (const script of SCRIPTS) await rm(join(unpacked, 'DEBIAN', script), { force: true });
  await runLogged('dpkg-deb', ['--root-owner-group', '-Znone', '--build', unpacked, quiet], { log, cwd: work });
  await rm(unpacked, { recursive: true });
  return quiet;
}
