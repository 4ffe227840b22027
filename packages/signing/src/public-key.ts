import { createPublicKey, type KeyObject } from 'node:crypto';
import { digestOf, type Sha256 } from '@tillgate/release';
import { type Algorithm, algorithmOf, kindOfKey } from './algorithm.ts';
import { KeyError, pemBlock } from './pem.ts';

/** A public key that can verify records. */
export interface PublicKey {
  keyId: Sha256;
  algorithm: Algorithm;
  key: KeyObject;
}

/**
 * Reads a public key from PEM text (SPKI, "PUBLIC KEY"). A private key is refused, although a public one
 * could be made of it: it has no business where public keys lie.
 *
 * @param what begins the messages, for example `Key 2`
 * @throws KeyError
 */
export function publicKeyFromPem(pem: string, what = 'The public key'): PublicKey {
  const { label, der } = pemBlock(pem, what);
  if (label.endsWith('PRIVATE KEY')) {
    throw new KeyError(
      'private',
      `${what} is a private key. Treat it as known to everybody who can read this file: revoke it, make a new one, and put only the public half here.`,
    );
  }
  if (label !== 'PUBLIC KEY')
    throw new KeyError(
      'container',
      `${what} is in a PEM block of another kind than "PUBLIC KEY" (SPKI). Make it with: openssl pkey -in private.pem -pubout`,
    );
  const key = decoded(der, what);
  const algorithm = algorithmOf(key);
  if (!algorithm)
    throw new KeyError('type', `${what} is of type ${kindOfKey(key)}. Records are signed with Ed25519 or ECDSA P-256.`);
  return { keyId: digestOf(key.export({ type: 'spki', format: 'der' })), algorithm, key };
}

function decoded(der: Buffer, what: string): KeyObject {
  try {
    return createPublicKey({ key: der, format: 'der', type: 'spki' });
  } catch {
    throw new KeyError('damaged', `${what} is damaged or cut off: its PEM block holds no complete public key.`);
  }
}
