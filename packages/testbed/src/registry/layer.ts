import { buffer } from 'node:stream/consumers';
import { gzipSync } from 'node:zlib';
import { digestOf, type Sha256 } from '@tillgate/release';
import { pack } from 'tar-stream';

/** What lies at one path of a layer: a file's content, where a symlink points, or a folder. */
export type Entry =
  | { path: string; content: string | Uint8Array; mode?: number }
  | { path: string; symlink: string }
  | { path: string; folder: true };

export interface Layer {
  /** The tar archive, gzipped. */
  bytes: Uint8Array;
  /** Digest of the archive before it was gzipped, as an image's configuration names it. */
  diffId: Sha256;
}

/** 2026-01-01, for everything an image dates: the same content must have the same digest on every day. */
export const EPOCH = new Date('2026-01-01T00:00:00Z');

/**
 * Makes a layer whose bytes depend on its entries alone: sorted, owned by root, dated to the epoch above, and
 * stored rather than deflated, because what deflate writes differs between builds of zlib.
 */
export async function layerOf(entries: readonly Entry[]): Promise<Layer> {
  const archive = pack();
  for (const entry of withFolders(entries)) {
    const header = { name: entry.path, mtime: EPOCH, uid: 0, gid: 0, uname: 'root', gname: 'root' };
    if ('content' in entry) {
      archive.entry({ ...header, type: 'file', mode: entry.mode ?? 0o644 }, Buffer.from(entry.content));
    } else if ('symlink' in entry) {
      archive.entry({ ...header, type: 'symlink', mode: 0o777, linkname: entry.symlink });
    } else {
      archive.entry({ ...header, name: `${entry.path}/`, type: 'directory', mode: 0o755 });
    }
  }
  archive.finalize();
  const tar = await buffer(archive);
  const bytes = gzipSync(tar, { level: 0 });
  bytes[9] = 255; // The operating system that gzipped it (RFC 1952): unknown.
  return { bytes, diffId: digestOf(tar) };
}

/** Adds the folders that the entries lie in, in the order in which tar readers expect them. */
function withFolders(entries: readonly Entry[]): Entry[] {
  const byPath = new Map<string, Entry>();
  for (const entry of entries) {
    const parts = entry.path.split('/');
    for (let depth = 1; depth < parts.length; depth++) {
      const path = parts.slice(0, depth).join('/');
      if (!byPath.has(path)) byPath.set(path, { path, folder: true });
    }
    const before = byPath.get(entry.path);
    if (before && !('folder' in before)) throw new Error(`The layer has two entries at ${entry.path}.`);
    byPath.set(entry.path, entry);
  }
  return [...byPath.values()].sort((a, b) => (a.path < b.path ? -1 : 1));
}
