import type { Sha256 } from '@tillgate/release';
import type { Registry } from './docker-registry.ts';
import { type Descriptor, type Layout, MEDIA, readBlob } from './layout.ts';

/** What a manifest or an index names. */
interface Document {
  mediaType: string;
  config?: Descriptor;
  layers?: Descriptor[];
  manifests?: Descriptor[];
}

/** An image in a registry. */
export interface Pushed {
  /** By digest: `host/name@sha256:…`. */
  reference: string;
  digest: Sha256;
}

/**
 * Puts an image layout into a registry under a name and tag, through the OCI distribution protocol:
 * https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md#push
 *
 * @param name such as `corner-shops/shop`
 * @throws Error when the registry refuses, or keeps it under another digest
 */
export async function pushImage(registry: Registry, layout: Layout, name: string, tag: string): Promise<Pushed> {
  const at = `${registry.url}/v2/${name}`;
  await pushDocument(at, layout, layout.digest, tag);
  return { reference: `${registry.host}/${name}@${layout.digest}`, digest: layout.digest };
}

/** Puts what the document names before the document itself, which a registry would refuse otherwise. */
async function pushDocument(at: string, layout: Layout, digest: Sha256, reference: string): Promise<void> {
  const bytes = await readBlob(layout.layoutDir, digest);
  const document = JSON.parse(Buffer.from(bytes).toString()) as Document;
  for (const below of document.manifests ?? []) await pushDocument(at, layout, below.digest, below.digest);
  for (const { digest: blob } of [document.config ?? [], document.layers ?? []].flat()) {
    await pushBlob(at, layout, blob);
  }
  const type = document.manifests ? MEDIA.index : MEDIA.manifest;
  const kept = await send('PUT', `${at}/manifests/${reference}`, bytes, type);
  const keptAs = kept.headers.get('docker-content-digest');
  if (keptAs !== digest) throw new Error(`The registry keeps ${digest} as ${keptAs}.`);
}

async function pushBlob(at: string, { layoutDir }: Layout, digest: Sha256): Promise<void> {
  if ((await fetch(`${at}/blobs/${digest}`, { method: 'HEAD' })).ok) return;
  const begun = await send('POST', `${at}/blobs/uploads/`);
  const upload = new URL(begun.headers.get('location') ?? '', at);
  upload.searchParams.set('digest', digest);
  await send('PUT', upload.href, await readBlob(layoutDir, digest), 'application/octet-stream');
}

async function send(method: string, url: string, body?: Uint8Array, type?: string): Promise<Response> {
  const answer = await fetch(url, {
    method,
    ...(body && { body: Buffer.from(body) }),
    headers: type === undefined ? {} : { 'content-type': type },
  });
  if (!answer.ok) throw new Error(`The registry refuses ${method} ${url} (${answer.status}): ${await answer.text()}`);
  return answer;
}
