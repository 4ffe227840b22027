import { createPublicKey, generateKeyPairSync } from 'node:crypto';
import { inspect } from 'node:util';
import { describe, expect, it } from '@jest/globals';
import { isSignedBy } from './algorithm.ts';
import { newKey } from './example-record.test-kit.ts';
import { signerFromPem } from './own-key.ts';
import { publicKeyFromPem } from './public-key.ts';

/** RFC 8032, section 7.1: tests 1 to 3. */
const RFC_8032 = [
  {
    secret: '9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60',
    public: 'd75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a',
    message: '',
    signature:
      'e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b',
  },
  {
    secret: '4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb',
    public: '3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c',
    message: '72',
    signature:
      '92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00',
  },
  {
    secret: 'c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7',
    public: 'fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025',
    message: 'af82',
    signature:
      '6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a',
  },
];

describe('an own Ed25519 key', () => {
  it.each(RFC_8032)(
    'signs as RFC 8032 says: message "$message"',
    async ({ secret, public: pub, message, signature }) => {
      // RFC 8410: a fixed head before the 32 bytes, for PKCS #8 and for SPKI.
      const pem = pemOf('PRIVATE KEY', Buffer.from(`302e020100300506032b657004220420${secret}`, 'hex'));
      const signer = signerFromPem(pem);
      const made = await signer.sign(Buffer.from(message, 'hex'));
      expect(Buffer.from(made).toString('hex')).toBe(signature);
      const publicPem = pemOf('PUBLIC KEY', Buffer.from(`302a300506032b6570032100${pub}`, 'hex'));
      expect(publicKeyFromPem(publicPem).keyId).toBe(signer.keyId);
    },
  );
});

describe('signerFromPem', () => {
  it.each(['ed25519', 'ecdsa-p256'] as const)('takes %s', async (algorithm) => {
    const { privateKey, publicKey } = newKey(algorithm);
    const signer = signerFromPem(`\n${privateKey.replaceAll('\n', '\r\n')}\r\n`);
    expect(signer.algorithm).toBe(algorithm);
    const bytes = Buffer.from('some bytes');
    const signature = await signer.sign(bytes);
    expect(isSignedBy(algorithm, createPublicKey(publicKey), bytes, signature)).toBe(true);
  });

  const pkcs8 = { type: 'pkcs8', format: 'pem' } as const;
  const good = newKey().privateKey;
  const ec = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
  const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey;
  const faults: [string, string, string, RegExp][] = [
    ['nothing', '', 'empty', /unset secret/],
    ['white space', ' \n', 'empty', /unset secret/],
    ['a path', './signing.pem', 'not-pem', /not its path/],
    ['PEM encoded once more', Buffer.from(good).toString('base64'), 'not-pem', /not encoded once more/],
    ['line ends as backslash-n', good.trim().replaceAll('\n', '\\n'), 'not-pem', /backslash-n/],
    ['a public key', newKey().publicKey, 'public', /public key/],
    ['a certificate', pemOf('CERTIFICATE', Buffer.from('3000', 'hex')), 'public', /certificate/],
    ['an encrypted key', encrypted(), 'encrypted', /passphrase/],
    ['a key encrypted the old way', encryptedOldWay(), 'encrypted', /passphrase/],
    ['SEC 1', ec.privateKey.export({ type: 'sec1', format: 'pem' }).toString(), 'container', /openssl pkcs8 -topk8/],
    ['OpenSSH', pemOf('OPENSSH PRIVATE KEY', Buffer.alloc(90, 7)), 'container', /OpenSSH/],
    ['RSA', rsa.export(pkcs8).toString(), 'type', /type rsa/],
    ['RSA in PKCS #1', rsa.export({ type: 'pkcs1', format: 'pem' }).toString(), 'type', /RSA/],
    [
      'P-384',
      generateKeyPairSync('ec', { namedCurve: 'secp384r1' }).privateKey.export(pkcs8).toString(),
      'type',
      /secp384r1/,
    ],
    [
      'secp256k1',
      generateKeyPairSync('ec', { namedCurve: 'secp256k1' }).privateKey.export(pkcs8).toString(),
      'type',
      /secp256k1/,
    ],
    ['Ed448', generateKeyPairSync('ed448').privateKey.export(pkcs8).toString(), 'type', /ed448/],
    ['X25519', generateKeyPairSync('x25519').privateKey.export(pkcs8).toString(), 'type', /x25519/],
    ['without its last line', good.slice(0, good.indexOf('-----END')), 'damaged', /cut off/],
    ['cut in the middle', cut(good), 'damaged', /damaged or cut off/],
    ['with a strange character', good.replace(/\n(....)/, '\n$1!'), 'damaged', /not base64/],
    ['two keys', good + newKey().privateKey, 'several', /2 PEM blocks/],
    ['a key with text before it', `key: ${good}`, 'several', /before or after/],
    ['100 kB', 'x'.repeat(100_000), 'not-pem', /no key is that long/],
  ];

  it.each(faults)('refuses %s', (_, pem, fault, says) => {
    expect(() => signerFromPem(pem)).toThrow(
      expect.objectContaining({ name: 'KeyError', fault, message: expect.stringMatching(says) }),
    );
  });

  it.each(faults)('shows nothing of the text when it refuses %s', (_, pem) => {
    const shown = everythingOf(() => signerFromPem(pem));
    for (const line of pem.split(/\s+|\\n/).filter((part) => /^[A-Za-z0-9+/=!]{16,}$/.test(part))) {
      expect(shown).not.toContain(line.slice(0, 16));
      expect(shown).not.toContain(Buffer.from(line).toString('base64').slice(0, 16));
    }
  });

  it('gives a signer that prints without its key', () => {
    const signer = signerFromPem(good);
    const body = good.split('\n')[1] as string;
    const shown = [inspect(signer, { depth: 9, showHidden: true }), JSON.stringify(signer), String(signer.sign)].join();
    expect(shown).not.toContain(body.slice(-16));
    expect(Object.keys(signer).sort()).toEqual(['algorithm', 'keyId', 'sign']);
  });

  function encrypted() {
    return ec.privateKey.export({ ...pkcs8, cipher: 'aes-256-cbc', passphrase: 'x' }).toString();
  }
  function encryptedOldWay() {
    return ec.privateKey.export({ type: 'sec1', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'x' }).toString();
  }
});

describe('publicKeyFromPem', () => {
  it('refuses a private key and calls it known', () => {
    expect(() => publicKeyFromPem(newKey().privateKey)).toThrow(
      expect.objectContaining({ fault: 'private', message: expect.stringMatching(/revoke it/) }),
    );
  });

  it.each([
    ['a certificate', pemOf('CERTIFICATE', Buffer.from('3000', 'hex')), 'container'],
    [
      'RSA',
      generateKeyPairSync('rsa', { modulusLength: 2048 }).publicKey.export({ type: 'spki', format: 'pem' }).toString(),
      'type',
    ],
    ['a damaged one', pemOf('PUBLIC KEY', Buffer.from('302a300506', 'hex')), 'damaged'],
  ])('refuses %s', (_, pem, fault) => {
    expect(() => publicKeyFromPem(pem)).toThrow(expect.objectContaining({ name: 'KeyError', fault }));
  });
});

function pemOf(label: string, der: Buffer): string {
  return `-----BEGIN ${label}-----\n${der.toString('base64')}\n-----END ${label}-----\n`;
}

/** A key of which half the body is lost, on a boundary of base64. */
function cut(pem: string): string {
  const [begin, body, end] = pem.trim().split('\n') as [string, string, string];
  return [begin, body.slice(0, 32), end].join('\n');
}

function everythingOf(act: () => unknown): string {
  try {
    act();
  } catch (problem) {
    const { message, stack } = problem as Error;
    return [message, stack, inspect(problem, { depth: 9, showHidden: true }), JSON.stringify(problem)].join('\n');
  }
  throw new Error('nothing was refused');
}
