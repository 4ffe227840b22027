import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { digestOf, type Sha256 } from '@tillgate/release';
import { EPOCH, type Layer } from './layer.ts';

/** An operating system and processor as OCI writes them. */
export interface Platform {
  os: 'linux';
  architecture: 'amd64' | 'arm64';
}

export interface Image {
  platform: Platform;
  layers: readonly Layer[];
  /** Labels, environment, entry point: `config` of an OCI image configuration. */
  config: Readonly<Record<string, unknown>>;
}

/** How one document names another one, by digest. */
export interface Descriptor {
  mediaType: string;
  digest: Sha256;
  size: number;
  platform?: Platform;
  annotations?: Record<string, string>;
}

export interface Layout {
  layoutDir: string;
  /** What the tag names: the manifest of an image for one platform, the index of one for several. */
  digest: Sha256;
  /** Digest of the configuration of the first platform's image, which container tools call the image id. */
  configDigest: Sha256;
  images: { platform: Platform; digest: Sha256; configDigest: Sha256 }[];
}

export const MEDIA = {
  index: 'application/vnd.oci.image.index.v1+json',
  manifest: 'application/vnd.oci.image.manifest.v1+json',
  config: 'application/vnd.oci.image.config.v1+json',
  layer: 'application/vnd.oci.image.layer.v1.tar+gzip',
} as const;

/**
 * Writes an OCI image layout into a folder, which is made:
 * https://github.com/opencontainers/image-spec/blob/v1.1.1/image-layout.md
 *
 * Several images become one index, in the order given.
 */
export async function writeLayout(layoutDir: string, tag: string, images: readonly Image[]): Promise<Layout> {
  const blobs = join(layoutDir, 'blobs', 'sha256');
  await mkdir(blobs, { recursive: true });
  const put = async (mediaType: string, bytes: Uint8Array): Promise<Descriptor> => {
    const digest = digestOf(bytes);
    await writeFile(join(blobs, digest.slice('sha256:'.length)), bytes);
    return { mediaType, digest, size: bytes.length };
  };

  const written = [];
  for (const image of images) {
    const layers = [];
    for (const layer of image.layers) layers.push(await put(MEDIA.layer, layer.bytes));
    const config = await put(MEDIA.config, json(configurationOf(image)));
    const manifest = await put(MEDIA.manifest, json({ schemaVersion: 2, mediaType: MEDIA.manifest, config, layers }));
    written.push({ manifest: { ...manifest, platform: image.platform }, config });
  }
  const [first] = written;
  if (!first) throw new Error('An image layout needs an image.');

  const manifests = written.map(({ manifest }) => manifest);
  const { platform: _, ...alone } = first.manifest;
  const top =
    written.length === 1
      ? alone
      : await put(MEDIA.index, json({ schemaVersion: 2, mediaType: MEDIA.index, manifests }));
  const named = { ...top, annotations: { 'org.opencontainers.image.ref.name': tag } };
  await writeFile(join(layoutDir, 'oci-layout'), json({ imageLayoutVersion: '1.0.0' }));
  await writeFile(
    join(layoutDir, 'index.json'),
    json({ schemaVersion: 2, mediaType: MEDIA.index, manifests: [named] }),
  );
  return {
    layoutDir,
    digest: top.digest,
    configDigest: first.config.digest,
    images: written.map(({ manifest, config }) => ({
      platform: manifest.platform,
      digest: manifest.digest,
      configDigest: config.digest,
    })),
  };
}

/** The bytes of one blob of a layout. */
export function readBlob(layoutDir: string, digest: Sha256): Promise<Uint8Array> {
  return readFile(join(layoutDir, 'blobs', 'sha256', digest.slice('sha256:'.length)));
}

function configurationOf({ platform, layers, config }: Image): object {
  return {
    created: EPOCH.toISOString(),
    ...platform,
    config,
    rootfs: { type: 'layers', diff_ids: layers.map(({ diffId }) => diffId) },
    history: layers.map(() => ({ created: EPOCH.toISOString(), created_by: 'tillgate testbed' })),
  };
}

function json(value: object): Uint8Array {
  return Buffer.from(JSON.stringify(value));
}
