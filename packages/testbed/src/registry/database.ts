import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { digestOf } from '@tillgate/release';
import { component } from '../components/component.ts';
import { textOf } from '../components/text-of.ts';
import type { Layout } from './layout.ts';

/**
 * Makes a vulnerability database that the real Trivy reads, as if its makers had updated it at that moment.
 *
 * @param facts a YAML file for the component `fixture-db`
 * @param updatedAt milliseconds since the epoch
 * @param schema version of the database's schema; 2 is Trivy's
 */
export async function makeDatabase(facts: string, folder: string, updatedAt: number, schema = 2): Promise<void> {
  await mkdir(folder, { recursive: true });
  const writer = await component('fixture-db');
  await textOf(writer.path, ['-out', join(folder, 'trivy.db'), facts], { cwd: folder });
  const [UpdatedAt, NextUpdate] = [new Date(updatedAt), new Date(updatedAt + 86_400_000)];
  const metadata = { Version: schema, NextUpdate, UpdatedAt, DownloadedAt: UpdatedAt };
  await writeFile(join(folder, 'metadata.json'), JSON.stringify(metadata));
}

/**
 * Makes of a vulnerability database the artifact that its makers publish: one gzipped archive as the only layer of an
 * OCI manifest, titled with its file name. The media types are those of pkg/db and pkg/oci of Trivy.
 *
 * @param database folder with trivy.db and metadata.json
 * @param layerType another media type than the makers', to see it refused
 */
export async function makeDatabaseLayout(
  database: string,
  layoutDir: string,
  layerType = 'application/vnd.aquasec.trivy.db.layer.v1.tar+gzip',
): Promise<Layout> {
  const blobs = join(layoutDir, 'blobs', 'sha256');
  await mkdir(blobs, { recursive: true });
  const put = async (mediaType: string, bytes: Uint8Array) => {
    const digest = digestOf(bytes);
    await writeFile(join(blobs, digest.slice('sha256:'.length)), bytes);
    return { mediaType, digest, size: bytes.length };
  };
  const archive = join(layoutDir, 'db.tar.gz');
  await textOf('tar', ['-czf', archive, 'trivy.db', 'metadata.json'], { cwd: database });
  const layer = await put(layerType, await readFile(archive));
  await rm(archive);
  const config = await put('application/vnd.aquasec.trivy.config.v1+json', Buffer.from('{}'));
  const mediaType = 'application/vnd.oci.image.manifest.v1+json';
  const annotations = { 'org.opencontainers.image.title': 'db.tar.gz' };
  const manifest = { schemaVersion: 2, mediaType, config, layers: [{ ...layer, annotations }] };
  const { digest } = await put(mediaType, Buffer.from(JSON.stringify(manifest)));
  return { layoutDir, digest, configDigest: config.digest, images: [] };
}
