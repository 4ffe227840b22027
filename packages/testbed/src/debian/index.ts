import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Sha256 } from '@tillgate/release';
import { fillPlace } from '../components/cache.ts';
import { cacheFolder, withLock } from '../components/index.ts';
import type { Layer } from '../registry/layer.ts';
import type { Platform } from '../registry/layout.ts';
import { notRun, requireAll } from '../require.ts';
import { buildSystem } from './build.ts';
import { type DebianSystemName, debianSystems } from './systems.ts';

export { writeFolderLayer } from './folder-layer.ts';
export { type DebianSystemName, debianSystems } from './systems.ts';

/** A Debian system with its file system and package database, ready to become an image. */
export interface DebianSystem {
  platform: Platform;
  /** The layers, the lowest first. */
  layers: DebianLayer[];
  /** Folder with what pip unpacked, where the system has some. */
  python: string;
}

export interface DebianLayer extends Layer {
  /** dpkg's database as it is with this layer: a folder for `dpkg-query --admindir`. */
  database: string;
}

/**
 * A Debian system, from the cache or built: some ten seconds, of which apt downloads 40 MB.
 *
 * @throws MissingComponent where there is no Debian mirror
 */
export async function debianSystem(
  name: DebianSystemName,
  say: (line: string) => void = () => {},
): Promise<DebianSystem> {
  const place = placeOf(name);
  if (!existsSync(place)) {
    await withLock(join(cacheFolder(), 'locks', `debian-${name}`), async () => {
      if (existsSync(place)) return;
      say(`debian ${name}: building it`);
      await fillPlace(place, (folder) => buildSystem(debianSystems[name], folder));
    });
  }
  const diffIds = JSON.parse(await readFile(join(place, 'layers.json'), 'utf8')) as Sha256[];
  const layers = diffIds.map(async (diffId, index) => ({
    diffId,
    bytes: await readFile(join(place, `${index}.tar.gz`)),
    database: join(place, String(index)),
  }));
  return {
    platform: { os: 'linux', architecture: debianSystems[name].architecture },
    layers: await Promise.all(layers),
    python: join(place, 'python'),
  };
}

/**
 * Debian systems that a component test needs. If one is not there, the output says `not run: debian, because
 * …`; with TILLGATE_REQUIRE_ALL=1 it is built instead.
 */
export async function needDebian<N extends DebianSystemName>(
  ...names: N[]
): Promise<Readonly<Record<N, DebianSystem>> | undefined> {
  const found: Partial<Record<N, DebianSystem>> = {};
  for (const name of names) {
    if (!requireAll && !existsSync(placeOf(name))) {
      notRun('debian', `${name} is not built yet; \`npm run testbed -- get debian\` builds all of them in a minute`);
      return undefined;
    }
    found[name] = await debianSystem(name);
  }
  return found as Record<N, DebianSystem>;
}

function placeOf(name: DebianSystemName): string {
  const fingerprint = createHash('sha256').update(JSON.stringify(debianSystems[name])).digest('hex').slice(0, 8);
  return join(cacheFolder(), 'components', 'debian', `${name}-${fingerprint}`);
}
