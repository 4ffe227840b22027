import type { Sha256 } from '@tillgate/release';
import { checked } from './checked.ts';
import type { ImageReference } from './image-reference.ts';
import { type BlobReader, type PlatformImage, platformImages } from './manifest.ts';
import { layoutReader } from './oci-layout.ts';
import { type RegistryAccess, registryReader } from './registry.ts';

/** What a reference stands for: the images of its platforms, or an archive that only the scanner opens. */
export type ResolvedImage =
  | { kind: 'images'; images: PlatformImage[] }
  | { kind: 'archive'; path: string; config: Sha256 };

/** Finds the images behind a reference and checks every digest on the way. @throws ImageError */
export async function resolveImage(reference: ImageReference, access: RegistryAccess): Promise<ResolvedImage> {
  if (reference.kind === 'docker-archive') {
    return { kind: 'archive', path: reference.path, config: reference.digest };
  }
  return { kind: 'images', images: await platformImages(reference.digest, checked(readerOf(reference, access))) };
}

function readerOf(reference: Exclude<ImageReference, { kind: 'docker-archive' }>, access: RegistryAccess): BlobReader {
  return reference.kind === 'registry'
    ? registryReader(reference.host, reference.repository, access)
    : layoutReader(reference.path);
}
