import { isSha256, type Sha256, sha256Schema } from '@tillgate/release';
import * as z from 'zod';
import { platformName } from '../report/read-report.ts';
import { ImageError } from './image-reference.ts';

/** An image for one platform, down to the digest that a scanner reports as its id. */
export interface PlatformImage {
  platform: string;
  /** Digest of the manifest. */
  manifest: Sha256;
  /** Digest of the configuration: what scanners and container runtimes call the image id. */
  config: Sha256;
  layers: { digest: Sha256; size: number }[];
  labels: Readonly<Record<string, string>>;
  annotations: Readonly<Record<string, string>>;
  /** The manifest's media type and size, as a descriptor names them. */
  descriptor: { mediaType: string; size: number };
}

/** Fetches the bytes of a manifest or configuration; whoever implements it checks nothing: the caller does. */
export type BlobReader = (digest: Sha256, what: 'manifest' | 'config') => Promise<Uint8Array>;

const texts = z.record(z.string(), z.string()).nullish();
const descriptor = z.looseObject({ mediaType: z.string().optional(), digest: sha256Schema, size: z.int().min(0) });
const manifestSchema = z.looseObject({
  schemaVersion: z.literal(2),
  mediaType: z.string().optional(),
  config: descriptor,
  layers: z.array(descriptor).max(10_000),
  annotations: texts,
});
const indexSchema = z.looseObject({
  schemaVersion: z.literal(2),
  manifests: z
    .array(
      descriptor.extend({
        platform: z
          .looseObject({ os: z.string(), architecture: z.string(), variant: z.string().optional() })
          .optional(),
        annotations: texts,
      }),
    )
    .max(1_000),
});
const configSchema = z.looseObject({
  os: z.string().default(''),
  architecture: z.string().default(''),
  variant: z.string().optional(),
  config: z.looseObject({ Labels: texts }).nullish(),
});

const MANIFEST = 'application/vnd.oci.image.manifest.v1+json';

/**
 * Follows a digest to the images it stands for: itself, or one for every platform of an index. Build
 * attestations in an index are no images and are left out.
 *
 * @param read bytes are checked here against the digest they were asked by, so `read` may be a stranger
 * @throws ImageError
 */
export async function platformImages(digest: Sha256, read: BlobReader): Promise<PlatformImage[]> {
  const top = jsonOf(await read(digest, 'manifest'), `The manifest ${digest}`);
  if (!isIndex(top)) return [await platformImage(digest, top, read)];
  const index = parsed(indexSchema, top, `The index ${digest}`);
  const images = index.manifests.filter(
    ({ annotations }) => annotations?.['vnd.docker.reference.type'] !== 'attestation-manifest',
  );
  if (images.length === 0) throw new ImageError(`The index ${digest} lists no image.`);
  const found: PlatformImage[] = [];
  for (const child of images) {
    const bytes = await read(child.digest, 'manifest');
    const manifest = jsonOf(bytes, `The manifest ${child.digest}`);
    if (isIndex(manifest)) throw new ImageError(`The index ${digest} holds another index; only images may be in it.`);
    const image = await platformImage(child.digest, manifest, read, bytes.length);
    const { platform } = child;
    if (
      platform &&
      platformName(platform.os, platform.architecture) !== image.platform.split('/').slice(0, 2).join('/')
    ) {
      throw new ImageError(
        `The index ${digest} calls ${child.digest} ${platform.os}/${platform.architecture}, but the image says it is for ${image.platform}.`,
      );
    }
    found.push(image);
  }
  return found;
}

async function platformImage(digest: Sha256, json: unknown, read: BlobReader, size?: number): Promise<PlatformImage> {
  const manifest = parsed(manifestSchema, json, `The manifest ${digest}`);
  const bytes = await read(manifest.config.digest, 'config');
  const config = parsed(
    configSchema,
    jsonOf(bytes, `The configuration ${manifest.config.digest}`),
    'The configuration',
  );
  return {
    platform: platformName(config.os, config.architecture, config.variant),
    manifest: digest,
    config: manifest.config.digest,
    layers: manifest.layers.map((layer) => ({ digest: layer.digest, size: layer.size })),
    labels: config.config?.Labels ?? {},
    annotations: manifest.annotations ?? {},
    descriptor: { mediaType: manifest.mediaType ?? MANIFEST, size: size ?? (await read(digest, 'manifest')).length },
  };
}

function isIndex(json: unknown): boolean {
  return json !== null && typeof json === 'object' && 'manifests' in json;
}

function jsonOf(bytes: Uint8Array, what: string): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch (cause) {
    throw new ImageError(`${what} is no JSON.`, { cause });
  }
}

function parsed<T>(schema: z.ZodType<T>, json: unknown, what: string): T {
  const read = schema.safeParse(json);
  if (read.success) return read.data;
  const [first] = read.error.issues;
  throw new ImageError(
    `${what} is not as the image specification has it: ${first?.path.join('.')}: ${first?.message}.`,
  );
}

/** A digest out of an annotation or label, where it is one. */
export function digestIn(text: string | undefined): Sha256 | undefined {
  return isSha256(text) ? text : undefined;
}
