import { isSha256, type Sha256, sha256Schema } from '@tillgate/release';
import * as z from 'zod';
import { ImageError } from './image-reference.ts';
import { platformName } from './platform-name.ts';

/** An image for one platform, down to the digest that a scanner reports as its id. */
export interface PlatformImage {
  platform: string;
  /** Digest of the manifest. */
  manifest: Sha256;
  /** Digest of the configuration: what scanners and container runtimes call the image id. */
  config: Sha256;
  layers: Sha256[];
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
const word = z.string().max(100);
const configSchema = z.looseObject({
  os: word.default(''),
  architecture: word.default(''),
  variant: word.optional(),
});

/** Manifests of the specification have 5 levels. */
const MAX_DEPTH = 20;

const MANIFEST = 'application/vnd.oci.image.manifest.v1+json';

/**
 * Follows a digest to the images it stands for: itself, or one for every platform of an index. Build
 * attestations in an index are no images and are left out, as far as no node can take one for an image.
 *
 * @param read bytes are checked here against the digest they were asked by, so `read` may be a stranger
 * @throws ImageError
 */
export async function platformImages(digest: Sha256, read: BlobReader): Promise<PlatformImage[]> {
  const top = manifestIn(await read(digest, 'manifest'), digest);
  if (!isIndex(top)) return [await platformImage(digest, top, read)];
  const index = parsed(indexSchema, top, `The index ${digest}`);
  const images = index.manifests.filter((child) => !isAttestation(child));
  if (images.length === 0) throw new ImageError(`The index ${digest} lists no image.`);
  const found: PlatformImage[] = [];
  for (const child of images) {
    const bytes = await read(child.digest, 'manifest');
    const manifest = manifestIn(bytes, child.digest);
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
    layers: manifest.layers.map(({ digest: layer }) => layer),
    annotations: manifest.annotations ?? {},
    descriptor: { mediaType: manifest.mediaType ?? MANIFEST, size: size ?? (await read(digest, 'manifest')).length },
  };
}

function isIndex(json: unknown): boolean {
  return json !== null && typeof json === 'object' && 'manifests' in json;
}

/**
 * Whether an entry of an index is what BuildKit says of a build. It is for a platform that no node has; whatever
 * else bears its annotation is an image that would run.
 */
function isAttestation({ annotations, platform }: z.output<typeof indexSchema>['manifests'][number]): boolean {
  return (
    annotations?.['vnd.docker.reference.type'] === 'attestation-manifest' &&
    platform?.os === 'unknown' &&
    platform.architecture === 'unknown'
  );
}

/**
 * Reads a manifest or an index, and refuses one that would be read differently elsewhere: one that is both
 * (CVE-2021-41190), or has a name twice in different case. The runtime that pulls the image is written in Go, whose
 * encoding/json takes a name in any case and the last of several.
 */
function manifestIn(bytes: Uint8Array, digest: Sha256): unknown {
  const json = jsonOf(bytes, `The manifest ${digest}`);
  const isBoth = isIndex(json) && ['config', 'layers', 'fsLayers'].some((name) => name in (json as object));
  if (isBoth || hasNameTwice(json)) {
    throw new ImageError(
      `The manifest ${digest} can be read differently (${isBoth ? 'it is an image and an index at once' : 'a name is there twice, in different case'}): what runs need not be what is judged. Build and push the image again.`,
    );
  }
  return json;
}

/** Annotations aside: their names are anybody's, and are told apart by case everywhere. */
function hasNameTwice(json: unknown, depth = 0): boolean {
  if (json === null || typeof json !== 'object') return false;
  if (depth > MAX_DEPTH) throw new ImageError(`The manifest is nested deeper than ${MAX_DEPTH} levels.`);
  if (Array.isArray(json)) return json.some((each) => hasNameTwice(each, depth + 1));
  const names = Object.keys(json);
  // By way of capitals: the long s is a small letter already, and folds to s all the same.
  const folded = new Set(names.map((name) => name.toUpperCase().toLowerCase()));
  const below = Object.entries(json).filter(([name]) => name !== 'annotations');
  return folded.size < names.length || below.some(([, value]) => hasNameTwice(value, depth + 1));
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
