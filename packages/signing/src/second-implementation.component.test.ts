import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from '@jest/globals';
import { notRun } from '@tillgate/testbed';
import { exampleRecord, keySetFile, NOW } from './example-record.test-kit.ts';
import { parseKeySet } from './key-set.ts';
import { signerFromPem } from './own-key.ts';
import { signRecord } from './sign-record.ts';
import { statementOf } from './statement.ts';
import { verifyRecord } from './verify-record.ts';

/*
 * The openssl program as the second implementation: it makes the keys, computes their ids, checks our
 * signatures and makes signatures that we check. The bytes under the signature are put together here
 * from DSSE's protocol.md, with nothing of the code under test.
 */
const version = openssl3();
const expectation = { environment: 'production', identity: undefined, policy: undefined, head: undefined };

(version ? describe : describe.skip)(`a record and ${version}`, () => {
  const folder = mkdtempSync(join(tmpdir(), 'second-implementation-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  const at = (name: string) => join(folder, name);

  const kinds = [
    {
      algorithm: 'ed25519',
      generate: ['-algorithm', 'ed25519'],
      sign: ['pkeyutl', '-sign', '-rawin', '-inkey', at('private.pem'), '-in', at('bytes'), '-out', at('signature')],
      verify: [
        'pkeyutl',
        '-verify',
        '-rawin',
        '-pubin',
        '-inkey',
        at('public.pem'),
        '-in',
        at('bytes'),
        '-sigfile',
        at('signature'),
      ],
    },
    {
      algorithm: 'ecdsa-p256',
      generate: ['-algorithm', 'EC', '-pkeyopt', 'ec_paramgen_curve:P-256'],
      sign: ['dgst', '-sha256', '-sign', at('private.pem'), '-out', at('signature'), at('bytes')],
      verify: ['dgst', '-sha256', '-verify', at('public.pem'), '-signature', at('signature'), at('bytes')],
    },
  ] as const;

  it.each(kinds)(
    '$algorithm: openssl verifies what we sign, and not when a byte is changed',
    async ({ algorithm, generate, verify }) => {
      makeKey(generate);
      const signer = signerFromPem(readFileSync(at('private.pem'), 'utf8'));
      expect(signer.algorithm).toBe(algorithm);
      expect(signer.keyId).toBe(keyId());

      const envelope = JSON.parse(Buffer.from(await signRecord(exampleRecord(), signer)).toString());
      writeFileSync(at('signature'), Buffer.from(envelope.signatures[0].sig, 'base64'));
      const bytes = preAuthenticationEncoding(envelope.payloadType, Buffer.from(envelope.payload, 'base64'));
      writeFileSync(at('bytes'), bytes);
      expect(() => openssl(verify)).not.toThrow();

      writeFileSync(at('bytes'), bytes.with(bytes.length - 9, (bytes[bytes.length - 9] as number) ^ 1));
      expect(() => openssl(verify)).toThrow();
    },
  );

  it.each(kinds)('$algorithm: we verify what openssl signs', ({ algorithm, generate, sign }) => {
    makeKey(generate);
    const payload = Buffer.from(JSON.stringify(statementOf(exampleRecord())));
    writeFileSync(at('bytes'), preAuthenticationEncoding('application/vnd.in-toto+json', payload));
    openssl(sign);
    const file = JSON.stringify({
      payload: payload.toString('base64'),
      payloadType: 'application/vnd.in-toto+json',
      signatures: [{ keyid: keyId(), sig: readFileSync(at('signature')).toString('base64') }],
    });
    const publicKey = readFileSync(at('public.pem'), 'utf8');
    const keys = parseKeySet(keySetFile({ id: keyId(), publicKey, environments: ['production'], kinds: ['release'] }));
    expect(verifyRecord(Buffer.from(file), keys, expectation, NOW)).toMatchObject({
      algorithm,
      record: exampleRecord(),
    });
  });

  function makeKey(generate: readonly string[]) {
    openssl(['genpkey', ...generate, '-out', at('private.pem')]);
    openssl(['pkey', '-in', at('private.pem'), '-pubout', '-out', at('public.pem')]);
  }

  function keyId(): `sha256:${string}` {
    openssl(['pkey', '-pubin', '-in', at('public.pem'), '-outform', 'DER', '-out', at('public.der')]);
    return `sha256:${openssl(['dgst', '-sha256', '-r', at('public.der')]).slice(0, 64)}`;
  }
});

/** DSSE 1.0.2, protocol.md: "DSSEv1" SP LEN(type) SP type SP LEN(body) SP body, lengths in bytes. */
function preAuthenticationEncoding(type: string, body: Buffer): Buffer {
  return Buffer.concat([Buffer.from(`DSSEv1 ${Buffer.byteLength(type)} ${type} ${body.length} `), body]);
}

function openssl(args: readonly string[]): string {
  return execFileSync('openssl', args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
}

/** The version of the openssl on PATH, if it can verify Ed25519 over raw bytes. */
function openssl3(): string | undefined {
  const found = versionFound();
  if (found && /^OpenSSL ([3-9]|\d\d)\./.test(found)) return found;
  notRun('the second implementation of record verification', `openssl 3 is needed on PATH, found: ${found ?? 'none'}`);
  return undefined;
}

function versionFound(): string | undefined {
  try {
    return openssl(['version']).trim();
  } catch {
    return undefined;
  }
}
