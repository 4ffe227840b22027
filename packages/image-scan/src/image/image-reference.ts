import { isSha256, type Sha256 } from '@tillgate/release';

/** Where an image lies, and which it is. */
export type ImageReference =
  | { kind: 'registry'; host: string; repository: string; digest: Sha256 }
  | { kind: 'oci-layout'; path: string; digest: Sha256 }
  | { kind: 'docker-archive'; path: string; digest: Sha256 };

/** Raised when an image cannot be found, or is not what its reference says. */
export class ImageError extends Error {
  override readonly name = 'ImageError';
}

/**
 * Reads `host/name@sha256:…`, `oci:<folder>@sha256:…` or `docker-archive:<file>@sha256:…`. A tag beside the
 * digest is ignored: it can be moved. In a docker-archive there is no manifest: its digest is that of the
 * image's configuration (the image id).
 *
 * @throws ImageError
 */
export function parseImageReference(reference: string): ImageReference {
  const at = reference.lastIndexOf('@');
  const digest = reference.slice(at + 1);
  if (at < 1 || !isSha256(digest)) {
    throw new ImageError(`"${reference.slice(0, 200)}" names no digest: give the image as name@sha256:…`);
  }
  const place = reference.slice(0, at);
  for (const kind of ['oci', 'docker-archive'] as const) {
    if (!place.startsWith(`${kind}:`)) continue;
    const path = place.slice(kind.length + 1);
    if (path === '' || path.includes('\0')) throw new ImageError(`"${kind}:" needs a path before its digest.`);
    return { kind: kind === 'oci' ? 'oci-layout' : kind, path, digest };
  }
  const found = /^([a-z0-9.-]+(?::\d+)?|\[[0-9a-f:]+\](?::\d+)?)\/([a-z0-9]+(?:[._/-]+[a-z0-9]+)*)(?::[\w.-]+)?$/i.exec(
    place,
  );
  const [, host, repository] = found ?? [];
  if (host === undefined || repository === undefined || !/[.:]|^localhost$/.test(host)) {
    throw new ImageError(
      `"${place.slice(0, 200)}" does not say in which registry it lies: write it with its host, like registry.example.org/shop@sha256:…, or as oci:<folder>@sha256:…`,
    );
  }
  return { kind: 'registry', host, repository, digest };
}

/** The same place with another digest: where a baseline is looked for. */
export function withDigest(reference: ImageReference, digest: Sha256): ImageReference {
  return { ...reference, digest };
}
