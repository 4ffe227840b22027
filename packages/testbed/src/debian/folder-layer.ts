import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import type { Sha256 } from '@tillgate/release';

/**
 * Writes a folder as a layer of an image, gzipped, everything owned by root.
 *
 * @param newerThan a file: what has not changed since it was written is left out, as in the layer that a
 *   further instruction of a Dockerfile makes
 * @returns digest of the archive before it was gzipped, as an image's configuration names it
 */
export async function writeFolderLayer(folder: string, file: string, newerThan?: string): Promise<Sha256> {
  const owner = ['--numeric-owner', '--owner=0', '--group=0', '--sort=name'];
  const since = newerThan === undefined ? [] : [`--newer=${newerThan}`];
  const tar = spawn('tar', ['--create', ...owner, ...since, `--directory=${folder}`, '.'], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const said: Buffer[] = [];
  tar.stderr.on('data', (chunk: Buffer) => said.push(chunk));
  const ended = new Promise<number | null>((resolve, reject) => tar.on('exit', resolve).on('error', reject));
  const hash = createHash('sha256');
  const seen = async function* (archive: AsyncIterable<Buffer>) {
    for await (const chunk of archive) {
      hash.update(chunk);
      yield chunk;
    }
  };
  const [, code] = await Promise.all([
    pipeline(tar.stdout, seen, createGzip({ level: 1 }), createWriteStream(file)),
    ended,
  ]);
  if (code !== 0) throw new Error(`tar of ${folder} ended with ${code}: ${Buffer.concat(said)}`);
  return `sha256:${hash.digest('hex')}`;
}
