import type { Sha256 } from '@tillgate/release';
import type { Algorithm } from './algorithm.ts';

/**
 * The port through which a record is signed. The adapter here is one's own key (`signerFromPem`); a key
 * service or an attestation service fits behind the same three members.
 */
export interface Signer {
  /** Digest of the public key's SPKI in DER: what the key set knows the key by. */
  readonly keyId: Sha256;
  readonly algorithm: Algorithm;
  /** Signs these very bytes (they are not a digest). For ECDSA the signature is DER. */
  sign(bytes: Uint8Array): Promise<Uint8Array>;
}
