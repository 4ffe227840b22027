import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, open, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { fillPlace } from '../components/cache.ts';
import { cacheFolder, MissingComponent, withLock } from '../components/index.ts';
import { downloadPackages } from '../debian/apt.ts';
import { debianMirror } from '../debian/mirror.ts';
import { type Generation, ODOO_19 } from './generations.ts';

// Two thirds of Odoo's package are translations.
const LEFT_OUT = ['./usr/share/doc', './usr/share/man', './usr/share/locale', '*/addons/*/i18n/*.po'];

/** What the packages' own scripts would write, as far as Odoo needs it. */
const FILES = {
  'etc/passwd': 'root:x:0:0:root:/root:/usr/sbin/nologin\nodoo:x:1000:1000:Odoo:/tmp:/usr/sbin/nologin\n',
  'etc/group': 'root:x:0:\nodoo:x:1000:\n',
  'etc/hosts': '127.0.0.1 localhost\n',
  'etc/nsswitch.conf': 'passwd: files\ngroup: files\nhosts: files\n',
};

/** Folder of the root that Odoo lives in, whether it is there yet or not. */
export function odooRootPlace({ version, packages }: Generation = ODOO_19): string {
  const made = JSON.stringify([packages, LEFT_OUT, FILES]);
  const fingerprint = createHash('sha256').update(made).digest('hex').slice(0, 8);
  return join(cacheFolder(), 'components', 'odoo', `${version}-${process.arch}-${fingerprint}`);
}

/** Why Odoo cannot be built on this machine, or nothing. */
export async function whyNoOdoo(generation = ODOO_19): Promise<string | undefined> {
  if (existsSync(odooRootPlace(generation))) return undefined;
  if (process.platform !== 'linux') return `${process.platform} has no Debian packages`;
  const mirror = await debianMirror();
  return 'because' in mirror ? mirror.because : undefined;
}

/**
 * The root of a Debian system with Odoo, made of Debian packages once and kept in the cache: about 200 MB
 * to download, 700 MB on disk. The packages are unpacked and their scripts are not run, so that it
 * needs no root and nothing of it can touch this machine.
 *
 * @throws MissingComponent
 */
export async function odooRoot(say: (line: string) => void, generation = ODOO_19): Promise<string> {
  const place = odooRootPlace(generation);
  if (existsSync(place)) return place;
  const mirror = await debianMirror();
  if ('because' in mirror) throw new MissingComponent(`Odoo cannot be built here: ${mirror.because}.`);
  await withLock(
    join(cacheFolder(), 'locks', `odoo-${generation.version}`),
    async () => {
      if (existsSync(place)) return;
      await fillPlace(place, (folder) => build(folder, generation, mirror.address, say));
    },
    () => say('odoo: another process is building it, waiting'),
  );
  return place;
}

async function build(
  root: string,
  { version, suites, packages }: Generation,
  mirror: string,
  say: (line: string) => void,
): Promise<void> {
  const started = Date.now();
  const told = (what: string) => say(`odoo: ${what} (${Math.round((Date.now() - started) / 1000)} s)`);
  const log = join(cacheFolder(), 'logs', 'odoo.log');
  const downloads = join(root, '..', `downloads-${version}`);
  told(`downloading Odoo ${version} and the Debian packages it needs, about 200 MB`);
  const from = suites.map((suite) => ({ ...suite, mirror }));
  const files = await downloadPackages(packages, { suites: from, folder: downloads, log });
  told(`unpacking ${files.length} packages`);
  for (const file of files) await unpack(file, root, log);
  await writeFile(join(root, 'etc', 'tillgate-packages'), `${files.map((each) => basename(each)).join('\n')}\n`);
  await rm(downloads, { recursive: true });
  for (const [path, content] of Object.entries(FILES)) await writeFile(join(root, path), content);
  await mkdir(join(root, 'var', 'lib', 'odoo'), { recursive: true });
  await bundleCertificates(root);
  told('unpacked');
}

/** Unpacks a package without what is left out, from dpkg-deb straight into tar. */
async function unpack(file: string, root: string, log: string): Promise<void> {
  const output = await open(log, 'a');
  try {
    const reader = spawn('dpkg-deb', ['--fsys-tarfile', file], { stdio: ['ignore', 'pipe', output.fd] });
    const options = ['--extract', '--keep-directory-symlink', '--no-same-owner', `--directory=${root}`];
    const excluded = LEFT_OUT.map((each) => `--exclude=${each}`);
    const writer = spawn('tar', [...options, ...excluded], { stdio: [reader.stdout, output.fd, output.fd] });
    const codes = await Promise.all(
      [reader, writer].map((each) => new Promise((resolve, reject) => each.on('exit', resolve).on('error', reject))),
    );
    if (codes.some((code) => code !== 0)) throw new Error(`${basename(file)} could not be unpacked; see ${log}.`);
  } finally {
    await output.close();
  }
}

/** Joins the certificates of authorities into the one file that Python's requests insists on. */
async function bundleCertificates(root: string): Promise<void> {
  const folder = join(root, 'usr', 'share', 'ca-certificates', 'mozilla');
  const names = (await readdir(folder)).sort();
  const certificates = await Promise.all(names.map((each) => readFile(join(folder, each), 'utf8')));
  await writeFile(join(root, 'etc', 'ssl', 'certs', 'ca-certificates.crt'), certificates.join(''));
}
