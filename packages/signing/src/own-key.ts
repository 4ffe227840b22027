import { createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto';
import { digestOf } from '@tillgate/release';
import { algorithmOf, kindOfKey, signWith } from './algorithm.ts';
import { KeyError, type KeyFault, pemBlock } from './pem.ts';
import type { Signer } from './signer.ts';

const CONVERT = 'Convert it where it is kept: openssl pkcs8 -topk8 -nocrypt -in old.pem -out new.pem';

/** Why a block with this label is not the key that signs, and what to do. */
const WRONG_LABELS: Record<string, [KeyFault, string]> = {
  'PUBLIC KEY': [
    'public',
    'The signing key is a public key: with it, signatures are checked, not made. Give the private half.',
  ],
  CERTIFICATE: [
    'public',
    'The signing key is a certificate: with it, signatures are checked, not made. Give its private key.',
  ],
  'ENCRYPTED PRIVATE KEY': [
    'encrypted',
    `The signing key is encrypted with a passphrase, which nobody can type in a pipeline. ${CONVERT}`,
  ],
  'EC PRIVATE KEY': [
    'container',
    `The signing key is in SEC 1 form ("EC PRIVATE KEY"); PKCS #8 ("PRIVATE KEY") is needed. ${CONVERT}`,
  ],
  'EC PARAMETERS': [
    'container',
    `The signing key is in SEC 1 form with its parameters before it; PKCS #8 ("PRIVATE KEY") is needed. ${CONVERT}`,
  ],
  'RSA PRIVATE KEY': ['type', 'The signing key is an RSA key. Records are signed with Ed25519 or ECDSA P-256.'],
  'OPENSSH PRIVATE KEY': [
    'container',
    'The signing key is in OpenSSH form. Make one with: openssl genpkey -algorithm ed25519',
  ],
};

/**
 * A signer with one's own key from PEM text: PKCS #8, unencrypted, Ed25519 or ECDSA P-256. The key stays
 * inside the signer, which prints as its id and algorithm only. No message and no cause of an error shows
 * anything of the text.
 *
 * @throws KeyError
 */
export function signerFromPem(pem: string): Signer {
  const key = privateKeyOf(pem);
  const algorithm = algorithmOf(key);
  if (!algorithm) {
    throw new KeyError(
      'type',
      `The signing key is of type ${kindOfKey(key)}. Records are signed with Ed25519 or ECDSA P-256; make one with: openssl genpkey -algorithm ed25519`,
    );
  }
  const keyId = digestOf(createPublicKey(key).export({ type: 'spki', format: 'der' }));
  return { keyId, algorithm, sign: async (bytes) => signWith(algorithm, key, bytes) };
}

function privateKeyOf(pem: string): KeyObject {
  const { label, der } = pemBlock(pem, 'The signing key');
  const wrong = WRONG_LABELS[label];
  if (wrong) throw new KeyError(...wrong);
  if (label !== 'PRIVATE KEY')
    throw new KeyError('container', 'The signing key is in a PEM block of another kind than "PRIVATE KEY" (PKCS #8).');
  try {
    return createPrivateKey({ key: der, format: 'der', type: 'pkcs8' });
  } catch {
    throw new KeyError(
      'damaged',
      'The signing key is damaged or cut off: its PEM block holds no complete PKCS #8 key. Store it again, whole.',
    );
  }
}
