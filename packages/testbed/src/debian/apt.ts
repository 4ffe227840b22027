import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { runLogged } from '../components/run-logged.ts';
import { KEYRING } from './mirror.ts';

/** A release of Debian to take packages from, by its codename. */
export interface Suite {
  codename: string;
  mirror: string;
  /** Take these packages from it and no others; all that are asked for unless told. */
  only?: readonly string[];
}

/**
 * Downloads packages and all that they need from Debian releases other than the machine's own, for any
 * architecture. apt works in a folder of its own as on a machine on which nothing is installed; root is not
 * needed.
 *
 * @param packages names, or apt-patterns(7) such as `?essential`
 * @param options.installed dpkg's `status` of a system that has something already: that is not downloaded again
 * @returns paths of the packages, `base-files` first: it has the links of /bin, /lib and /sbin
 */
export async function downloadPackages(
  packages: readonly string[],
  options: { suites: readonly Suite[]; architecture?: string; installed?: string; folder: string; log: string },
): Promise<string[]> {
  const { suites, architecture, installed = '', folder, log } = options;
  const etc = join(folder, 'etc');
  const archives = join(folder, 'cache', 'archives');
  for (const each of [
    join(etc, 'apt.conf.d'),
    join(etc, 'preferences.d'),
    join(folder, 'state', 'lists', 'partial'),
    join(archives, 'partial'),
  ]) {
    await mkdir(each, { recursive: true });
  }
  const sources = suites.map(({ codename, mirror }) => `deb [signed-by=${KEYRING}] ${mirror} ${codename} main\n`);
  await writeFile(join(etc, 'sources.list'), sources.join(''));
  await writeFile(join(etc, 'preferences'), suites.map(preferences).join(''));
  await writeFile(join(folder, 'status'), installed);
  await writeFile(join(folder, 'apt.conf'), configuration(folder, architecture));
  const env = { APT_CONFIG: join(folder, 'apt.conf') };
  await runLogged('apt-get', ['update'], { log, cwd: folder, env });
  await runLogged('apt-get', ['--yes', '--download-only', 'install', ...packages], { log, cwd: folder, env });
  const files = (await readdir(archives)).filter((each) => each.endsWith('.deb')).sort();
  const first = files.filter((each) => each.startsWith('base-files_'));
  return [...first, ...files.filter((each) => !first.includes(each))].map((each) => join(archives, each));
}

/** See apt_preferences(5). */
function preferences({ codename, only }: Suite): string {
  if (!only) return '';
  const pin = (what: string, priority: number) =>
    `Package: ${what}\nPin: release n=${codename}\nPin-Priority: ${priority}\n\n`;
  return pin('*', -1) + pin(only.join(' '), 500);
}

function configuration(folder: string, architecture?: string): string {
  const settings = {
    Dir: folder,
    'Dir::State': 'state',
    'Dir::State::status': join(folder, 'status'),
    'Dir::Cache': 'cache',
    'Dir::Etc': 'etc',
    'Dir::Log': folder,
    'APT::Install-Recommends': 'false',
    'APT::Sandbox::User': '',
    'Acquire::Check-Valid-Until': 'false', // a mirror may be a snapshot
    'Acquire::Languages': 'none',
    ...(architecture !== undefined && { 'APT::Architecture': architecture, 'APT::Architectures': architecture }),
  };
  return Object.entries(settings)
    .map(([name, value]) => `${name} "${value}";\n`)
    .join('');
}
