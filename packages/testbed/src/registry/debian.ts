import type { Entry } from './layer.ts';
import type { Platform } from './layout.ts';

/** A Debian package as an image has it installed. */
export interface DebianPackage {
  name: string;
  version: string;
  /** The source package that security advisories speak of; `name` where they are the same. */
  source?: string;
  section?: string;
  summary?: string;
}

/** The release of Debian that the images are: its point release decides nothing here. */
const RELEASE = '12.11';

/** The files by which a file system is known as Debian 12, as its base-files package has them. */
export function debianFiles(): Entry[] {
  return [
    { path: 'bin', symlink: 'usr/bin' },
    { path: 'lib', symlink: 'usr/lib' },
    { path: 'sbin', symlink: 'usr/sbin' },
    { path: 'etc/debian_version', content: `${RELEASE}\n` },
    { path: 'etc/os-release', symlink: '../usr/lib/os-release' },
    {
      path: 'usr/lib/os-release',
      content: [
        'PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"',
        'NAME="Debian GNU/Linux"',
        'VERSION_ID="12"',
        'VERSION="12 (bookworm)"',
        'VERSION_CODENAME=bookworm',
        'ID=debian',
        'HOME_URL="https://www.debian.org/"',
        'SUPPORT_URL="https://www.debian.org/support"',
        'BUG_REPORT_URL="https://bugs.debian.org/"',
        '',
      ].join('\n'),
    },
    {
      path: 'etc/passwd',
      content: 'root:x:0:0:root:/root:/bin/bash\nodoo:x:101:101::/var/lib/odoo:/usr/sbin/nologin\n',
    },
    { path: 'etc/group', content: 'root:x:0:\nodoo:x:101:\n' },
    { path: 'tmp', folder: true },
  ];
}

/**
 * dpkg's database, from which scanners learn what is installed: one stanza a package, and the list of each
 * package's files. The format is that of dpkg's own `status` file: see deb822(5) and dpkg-query(1).
 */
export function dpkgDatabase(packages: readonly DebianPackage[], { architecture }: Platform): Entry[] {
  const sorted = [...packages].sort((a, b) => (a.name < b.name ? -1 : 1));
  return [
    { path: 'var/lib/dpkg/status', content: sorted.map((found) => stanza(found, architecture)).join('') },
    ...sorted.flatMap(({ name }): Entry[] => {
      const document = `usr/share/doc/${name}/copyright`;
      return [
        { path: document, content: `The packaging of ${name} in this image is empty: it is made to be scanned.\n` },
        { path: `var/lib/dpkg/info/${name}.list`, content: `/.\n/usr\n/usr/share\n/usr/share/doc\n/${document}\n` },
      ];
    }),
  ];
}

function stanza(found: DebianPackage, architecture: string): string {
  const lines = [
    `Package: ${found.name}`,
    'Status: install ok installed',
    'Priority: optional',
    `Section: ${found.section ?? 'libs'}`,
    'Installed-Size: 1',
    'Maintainer: Debian <debian-devel@lists.debian.org>',
    `Architecture: ${architecture}`,
    ...(found.source === undefined ? [] : [`Source: ${found.source}`]),
    `Version: ${found.version}`,
    `Description: ${found.summary ?? found.name}`,
  ];
  const broken = lines.find((line) => /[\r\n]/.test(line));
  if (broken !== undefined) throw new Error(`A package's field holds a line break: ${JSON.stringify(broken)}.`);
  return `${lines.join('\n')}\n\n`;
}
