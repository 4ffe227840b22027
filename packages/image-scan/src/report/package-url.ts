import { PackageURL } from 'packageurl-js';

/**
 * A package URL without version, qualifiers and subpath, in its one canonical spelling; undefined where the
 * text is none. A new base image changes the qualifiers (`distro=debian-12.15`), a rebuild the version: what
 * is left is the package.
 */
export function packageOf(purl: string): string | undefined {
  try {
    const { type, namespace, name } = PackageURL.fromString(withoutVersion(purl));
    return type && name ? new PackageURL(type, namespace, name).toString() : undefined;
  } catch {
    return undefined; // no package URL: the caller falls back to the package's name
  }
}

/** The version of a package URL, decoded; undefined where it has none. */
export function versionOf(purl: string): string | undefined {
  try {
    return PackageURL.fromString(purl).version ?? undefined;
  } catch {
    return undefined; // no package URL, so no version of it
  }
}

/** Remembers answers: a report names the same few hundred packages tens of thousands of times. */
export function packageReader(): (purl: string) => string | undefined {
  const known = new Map<string, string | undefined>();
  return (purl) => {
    const plain = withoutVersion(purl);
    if (known.has(plain)) return known.get(plain);
    const found = packageOf(plain);
    known.set(plain, found);
    return found;
  };
}

function withoutVersion(purl: string): string {
  const plain = purl.replace(/[?#].*$/s, '');
  const at = plain.lastIndexOf('@');
  return at > plain.lastIndexOf('/') && at > 0 ? plain.slice(0, at) : plain;
}
