import { createHash } from 'node:crypto';

/** A SHA-256 digest as registries write it: `sha256:` and 64 lower-case hex digits. */
export type Sha256 = `sha256:${string}`;

const PATTERN = /^sha256:[0-9a-f]{64}$/;

/** Tells whether a text is a complete, lower-case SHA-256 digest. */
export function isSha256(text: unknown): text is Sha256 {
  return typeof text === 'string' && PATTERN.test(text);
}

/** The digest of these very bytes (a string counts as its UTF-8 bytes). */
export function digestOf(bytes: Uint8Array | string): Sha256 {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
}
