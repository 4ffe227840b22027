import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type DebianPackage, debianFiles, dpkgDatabase } from './debian.ts';
import { type Entry, layerOf } from './layer.ts';
import { type Image, type Layout, type Platform, writeLayout } from './layout.ts';

/** A Python distribution as pip leaves it in an image. */
export interface PythonPackage {
  name: string;
  version: string;
}

export interface ShopImage {
  /** Version of the shop, also the tag. */
  version: string;
  /** All Debian packages of the image. Default: those of `shopPackages()`. */
  packages?: readonly DebianPackage[];
  python?: readonly PythonPackage[];
  /** Added to the labels that say title and version; `org.opencontainers.image.revision` names the commit. */
  labels?: Readonly<Record<string, string>>;
  /** One platform makes an image, several make an index of them. Default: linux/amd64 alone. */
  platforms?: readonly Platform[];
  /** Further files of the last layer. */
  files?: readonly Entry[];
  /** A folder that does not exist yet. Default: a new one in the system's folder for temporary files. */
  into?: string;
}

export const AMD64: Platform = { os: 'linux', architecture: 'amd64' };
export const ARM64: Platform = { os: 'linux', architecture: 'arm64' };

/** Debian 12 before anything is added to it. */
const BASE: readonly DebianPackage[] = [
  { name: 'base-files', version: '12.4+deb12u11', section: 'admin', summary: 'Debian base system miscellaneous files' },
  { name: 'libc6', version: '2.36-9+deb12u10', source: 'glibc', summary: 'GNU C Library: Shared libraries' },
  { name: 'zlib1g', version: '1:1.2.13.dfsg-1', source: 'zlib', summary: 'compression library - runtime' },
  { name: 'tzdata', version: '2025b-0+deb12u1', section: 'localization', summary: 'time zone data' },
];

/** What the shop adds: real packages in versions that Debian 12 has shipped. */
const ADDED: readonly DebianPackage[] = [
  { name: 'python3.11', version: '3.11.2-6+deb12u6', section: 'python', summary: 'Python 3.11' },
  { name: 'openssl', version: '3.0.17-1~deb12u2', section: 'utils', summary: 'Secure Sockets Layer toolkit' },
  { name: 'libssl3', version: '3.0.17-1~deb12u2', source: 'openssl', summary: 'Secure Sockets Layer toolkit' },
  { name: 'libexpat1', version: '2.5.0-1+deb12u1', source: 'expat', summary: 'XML parsing C library' },
  { name: 'libwebp7', version: '1.2.4-0.2+deb12u1', source: 'libwebp', summary: 'WebP image library' },
  { name: 'libpq5', version: '15.13-0+deb12u1', source: 'postgresql-15', summary: 'PostgreSQL C client library' },
];

/**
 * The Debian packages of a shop image, some of them in other versions than usual.
 *
 * @param changed versions by package
 * @throws when a package is named that is not there, which would else change nothing in silence
 */
export function shopPackages(changed: Readonly<Record<string, string>> = {}): DebianPackage[] {
  const usual = [...BASE, ...ADDED];
  const unknown = Object.keys(changed).filter((name) => !usual.some((found) => found.name === name));
  if (unknown.length > 0) throw new Error(`The shop has no package ${unknown.join(', ')}; add it to the list instead.`);
  return usual.map((found) => ({ ...found, version: changed[found.name] ?? found.version }));
}

/**
 * Makes an image of the example shop: Debian 12 with a database of installed packages in a first layer, the
 * shop in a second. There is no program in it: it is to be pushed, scanned, signed and deployed, never run.
 * The same request makes the same digest on every machine.
 */
export async function makeShopImage(request: ShopImage): Promise<Layout> {
  const { version, platforms = [AMD64], packages = shopPackages() } = request;
  const images = await Promise.all(platforms.map((platform) => imageFor(platform, { ...request, packages })));
  return writeLayout(request.into ?? (await mkdtemp(join(tmpdir(), 'tillgate-image-'))), version, images);
}

async function imageFor(
  platform: Platform,
  request: ShopImage & { packages: readonly DebianPackage[] },
): Promise<Image> {
  const { version, packages, python = [], labels = {}, files = [] } = request;
  const isBase = ({ name }: DebianPackage) => BASE.some((found) => found.name === name);
  const base = await layerOf([...debianFiles(), ...dpkgDatabase(packages.filter(isBase), platform)]);
  const shop = await layerOf([
    ...dpkgDatabase(packages, platform),
    ...python.flatMap(distribution),
    { path: 'opt/shop/VERSION', content: `${version}\n` },
    { path: 'opt/shop/odoo-bin', content: '#!/usr/bin/python3\n', mode: 0o755 },
    ...files,
  ]);
  return {
    platform,
    layers: [base, shop],
    config: {
      User: 'odoo',
      Env: ['PATH=/usr/local/bin:/usr/bin:/bin', `SHOP_VERSION=${version}`],
      Entrypoint: ['/opt/shop/odoo-bin'],
      ExposedPorts: { '8069/tcp': {} },
      Labels: {
        'org.opencontainers.image.title': 'shop',
        'org.opencontainers.image.version': version,
        ...labels,
      },
    },
  };
}

/** https://packaging.python.org/en/latest/specifications/recording-installed-packages/ */
function distribution({ name, version }: PythonPackage): Entry[] {
  const folder = `usr/local/lib/python3.11/dist-packages/${name.replaceAll('-', '_')}-${version}.dist-info`;
  return [
    { path: `${folder}/METADATA`, content: `Metadata-Version: 2.1\nName: ${name}\nVersion: ${version}\n\n` },
    { path: `${folder}/INSTALLER`, content: 'pip\n' },
    { path: `${folder}/RECORD`, content: '' },
  ];
}
