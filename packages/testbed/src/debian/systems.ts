/** A Debian system for images, and what is added to it in a further layer. */
export interface DebianSystemRecipe {
  release: 'bookworm' | 'bullseye';
  architecture: 'amd64' | 'arm64';
  packages: readonly string[];
  /** Packages that are taken as the security team has mended them; all others are those of the release. */
  mended?: readonly string[];
  /** Packages of the second layer. */
  added?: readonly string[];
  /** Python distributions, as pip writes them, to be laid into an image where its maker wants them. */
  python?: readonly string[];
}

const BOOKWORM = ['?essential', 'usr-is-merged', 'apt', 'python3-minimal', 'libexpat1'];

/**
 * The systems that images are made of. Debian 12 has had its last point release: `bookworm` itself does
 * not change any more, and what has been found since then is mended in `bookworm-security` alone.
 */
export const debianSystems = {
  /** Debian 12 with a shop's Python. */
  amd64: { release: 'bookworm', architecture: 'amd64', packages: BOOKWORM, python: ['Pillow==9.4.0'] },
  /** The same, built again later: two packages are newer; Perl comes on top. */
  'amd64-later': {
    release: 'bookworm',
    architecture: 'amd64',
    packages: BOOKWORM,
    mended: ['libexpat1', 'libpcre2-8-0'],
    added: ['perl'],
    python: ['Pillow==9.4.0'],
  },
  /** Debian 12 for another processor; Perl comes on top. */
  arm64: {
    release: 'bookworm',
    architecture: 'arm64',
    packages: BOOKWORM,
    added: ['perl'],
    python: ['Pillow==9.4.0'],
  },
  /** Debian 11, whose long-term support has ended in August 2026. */
  'amd64-unsupported': { release: 'bullseye', architecture: 'amd64', packages: ['?essential'] },
} as const satisfies Record<string, DebianSystemRecipe>;

export type DebianSystemName = keyof typeof debianSystems;
