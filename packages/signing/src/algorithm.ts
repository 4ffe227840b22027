import { type KeyObject, sign, verify } from 'node:crypto';

/** Ed25519 as RFC 8032; ECDSA on P-256 over SHA-256 with signatures in DER, as openssl and key services make them. */
export const ALGORITHMS = ['ed25519', 'ecdsa-p256'] as const;
export type Algorithm = (typeof ALGORITHMS)[number];

/** The algorithm that a key is for, or undefined where it is none that is taken. */
export function algorithmOf(key: KeyObject): Algorithm | undefined {
  if (key.asymmetricKeyType === 'ed25519') return 'ed25519';
  const isP256 = key.asymmetricKeyType === 'ec' && key.asymmetricKeyDetails?.namedCurve === 'prime256v1';
  return isP256 ? 'ecdsa-p256' : undefined;
}

/** What kind of key this is, for a message: `rsa`, `ec on secp384r1`. Says nothing of its content. */
export function kindOfKey(key: KeyObject): string {
  const curve = key.asymmetricKeyDetails?.namedCurve;
  return curve ? `${key.asymmetricKeyType} on ${curve}` : (key.asymmetricKeyType ?? 'secret');
}

export function signWith(algorithm: Algorithm, key: KeyObject, bytes: Uint8Array): Uint8Array {
  return sign(algorithm === 'ed25519' ? null : 'sha256', bytes, key);
}

export function isSignedBy(algorithm: Algorithm, key: KeyObject, bytes: Uint8Array, signature: Uint8Array): boolean {
  return verify(algorithm === 'ed25519' ? null : 'sha256', bytes, key, signature);
}
