import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { runLogged } from '../components/run-logged.ts';
import { KEYRING } from './mirror.ts';

/**
 * Downloads packages and all that they need from Debian releases other than the machine's own. apt works
 * in a folder of its own as on a machine on which nothing is installed; root is not needed.
 *
 * Odoo 19 is in Debian's unstable release only, whose Python is too new for it: so everything comes from
 * the stable release `trixie`, and `odoo-19` alone from `sid`.
 *
 * @returns paths of the packages, `base-files` first: it has the links of /bin, /lib and /sbin
 */
export async function downloadPackages(
  packages: readonly string[],
  options: { mirror: string; folder: string; log: string },
): Promise<string[]> {
  const { mirror, folder, log } = options;
  const etc = join(folder, 'etc');
  const archives = join(folder, 'cache', 'archives');
  for (const each of [etc, join(folder, 'state', 'lists', 'partial'), join(archives, 'partial')]) {
    await mkdir(each, { recursive: true });
  }
  const source = (suite: string) => `deb [signed-by=${KEYRING}] ${mirror} ${suite} main\n`;
  await writeFile(join(etc, 'sources.list'), source('trixie') + source('sid'));
  await writeFile(
    join(etc, 'preferences'),
    'Package: *\nPin: release n=sid\nPin-Priority: -1\n\nPackage: odoo-19\nPin: release n=sid\nPin-Priority: 500\n',
  );
  await writeFile(join(folder, 'status'), '');
  await writeFile(join(folder, 'apt.conf'), configuration(folder));
  const env = { APT_CONFIG: join(folder, 'apt.conf') };
  await runLogged('apt-get', ['update'], { log, cwd: folder, env });
  await runLogged('apt-get', ['--yes', '--download-only', 'install', ...packages], { log, cwd: folder, env });
  const files = (await readdir(archives)).filter((each) => each.endsWith('.deb')).sort();
  const first = files.filter((each) => each.startsWith('base-files_'));
  return [...first, ...files.filter((each) => !first.includes(each))].map((each) => join(archives, each));
}

function configuration(folder: string): string {
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
  };
  return Object.entries(settings)
    .map(([name, value]) => `${name} "${value}";\n`)
    .join('');
}
