import { execFileSync } from 'node:child_process';
import { generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from '@jest/globals';
import { digestOf, type Sha256 } from '@tillgate/release';
import { VOUCHED_FILE, vouchedFor } from './authority.ts';
import { verifiedStatement } from './bundle.ts';
import { COSIGN_SIGNATURE, provenSignature, provenSource, SLSA_V1, SLSA_V02 } from './provenance.ts';

const IMAGE = `sha256:${'a'.repeat(64)}` as Sha256;
const OTHER = `sha256:${'b'.repeat(64)}` as Sha256;
const COMMIT = 'c'.repeat(40);
const IN_TOTO = 'application/vnd.in-toto+json';

const folder = mkdtempSync(join(tmpdir(), 'tillgate-evidence-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const p256 = () => generateKeyPairSync('ec', { namedCurve: 'P-256' });
const ours = p256();
const theirs = p256();
const pem = (key: KeyObject) => key.export({ type: 'spki', format: 'pem' }) as string;
const KEYS = [pem(ours.publicKey)];

const statementOf = (predicateType: string, predicate: unknown, subjects: Sha256[] = [IMAGE]) => ({
  _type: 'https://in-toto.io/Statement/v1',
  subject: subjects.map((digest) => ({ name: 'shop', digest: { sha256: digest.slice(7) } })),
  predicateType,
  predicate,
});

/** DSSE's pre-authentication encoding, written down here once more from its specification. */
function envelopeOf(statement: unknown, key: KeyObject = ours.privateKey, payloadType = IN_TOTO) {
  const payload = Buffer.from(JSON.stringify(statement));
  const head = `DSSEv1 ${payloadType.length} ${payloadType} ${payload.length} `;
  const sig = sign('sha256', Buffer.concat([Buffer.from(head), payload]), key).toString('base64');
  return { payloadType, payload: payload.toString('base64'), signatures: [{ sig, keyid: '' }] };
}
const bundleOf = (dsseEnvelope: object) => ({
  mediaType: 'application/vnd.dev.sigstore.bundle.v0.3+json',
  verificationMaterial: { publicKey: { hint: 'x' }, tlogEntries: [] },
  dsseEnvelope,
});
const bytes = (value: unknown) => Buffer.from(JSON.stringify(value));
const files = (...values: unknown[]) =>
  values.map((value, index) => ({ name: `bundle-${index}`, bytes: bytes(value) }));

describe('a signed statement', () => {
  const statement = statementOf(COSIGN_SIGNATURE, {});

  it.each([
    ['as a bundle', bundleOf(envelopeOf(statement))],
    ['as a bare envelope', envelopeOf(statement)],
  ])('is verified %s', async (_, value) => {
    const { predicateType, subjects } = await verifiedStatement(bytes(value), KEYS);
    expect([predicateType, [...subjects]]).toEqual([COSIGN_SIGNATURE, [IMAGE]]);
  });

  it('is verified with any of several keys, and with Ed25519', async () => {
    const edwards = generateKeyPairSync('ed25519');
    const payload = Buffer.from(JSON.stringify(statement));
    const sig = sign(null, Buffer.from(`DSSEv1 28 ${IN_TOTO} ${payload.length} ${payload}`), edwards.privateKey);
    const envelope = {
      payloadType: IN_TOTO,
      payload: payload.toString('base64'),
      signatures: [{ sig: sig.toString('base64'), keyid: '' }],
    };
    await expect(verifiedStatement(bytes(envelope), [...KEYS, pem(edwards.publicKey)])).resolves.toBeDefined();
  });

  it('signed by openssl counts too', async () => {
    const payload = Buffer.from(JSON.stringify(statement));
    writeFileSync(
      join(folder, 'pae'),
      Buffer.concat([Buffer.from(`DSSEv1 28 ${IN_TOTO} ${payload.length} `), payload]),
    );
    writeFileSync(join(folder, 'key'), ours.privateKey.export({ type: 'pkcs8', format: 'pem' }), { mode: 0o600 });
    execFileSync('openssl', [
      'dgst',
      '-sha256',
      '-sign',
      join(folder, 'key'),
      '-out',
      join(folder, 'sig'),
      join(folder, 'pae'),
    ]);
    const sig = readFileSync(join(folder, 'sig')).toString('base64');
    const envelope = { payloadType: IN_TOTO, payload: payload.toString('base64'), signatures: [{ sig, keyid: '' }] };
    await expect(verifiedStatement(bytes(envelope), KEYS)).resolves.toMatchObject({ predicateType: COSIGN_SIGNATURE });
  });

  const flipped = {
    ...envelopeOf(statement),
    payload: bytes(statementOf(COSIGN_SIGNATURE, {}, [OTHER])).toString('base64'),
  };
  it.each([
    ['signed by another key', envelopeOf(statement, theirs.privateKey), 'not signed with any'],
    ['with another payload', flipped, 'not signed with any'],
    ['of another payload type', envelopeOf(statement, ours.privateKey, 'text/plain'), 'payload is of type'],
    [
      'with another type than it was signed for',
      { ...envelopeOf(statement, ours.privateKey, 'text/plain'), payloadType: IN_TOTO },
      'not signed with any',
    ],
    ['without signatures', { ...envelopeOf(statement), signatures: [] }, ''],
    ['that is no statement', envelopeOf({ hello: 1 }), 'no in-toto statement'],
    ['that is no bundle', { hello: 1 }, 'no Sigstore bundle'],
  ])('%s is refused', async (_, value, why) => {
    await expect(verifiedStatement(bytes(value), KEYS)).rejects.toThrow(why);
  });

  it('is refused where the policy names no key', async () => {
    await expect(verifiedStatement(bytes(envelopeOf(statement)), [])).rejects.toThrow('names no key');
  });
});

describe('a signature of an image', () => {
  it.each([
    ['of this image', files(bundleOf(envelopeOf(statementOf(COSIGN_SIGNATURE, {})))), true],
    [
      'among others',
      files({}, envelopeOf(statementOf(SLSA_V1, {})), envelopeOf(statementOf(COSIGN_SIGNATURE, {}))),
      true,
    ],
    ['of another image', files(envelopeOf(statementOf(COSIGN_SIGNATURE, {}, [OTHER]))), false],
    ['that is provenance', files(envelopeOf(statementOf(SLSA_V1, {}))), false],
    ['of another key', files(envelopeOf(statementOf(COSIGN_SIGNATURE, {}), theirs.privateKey)), false],
    ['that was not given', [], false],
  ])('%s', async (_, bundles, proven) => {
    expect((await provenSignature(bundles, IMAGE, KEYS)).proven).toBe(proven);
  });
});

describe('provenance', () => {
  const dependency = (uri: string, gitCommit: string) => ({ uri, digest: { gitCommit } });
  const slsa = (...resolvedDependencies: object[]) =>
    statementOf(SLSA_V1, { buildDefinition: { buildType: 'x', resolvedDependencies } });
  const REPOSITORY = 'https://github.com/corner-shops/shop';
  const proof = (statement: unknown) =>
    provenSource(files(envelopeOf(statement)), IMAGE, COMMIT, { keys: KEYS, repositories: [REPOSITORY] });

  it.each([
    ['SLSA 1.0', slsa(dependency(`git+${REPOSITORY}@refs/heads/main`, COMMIT))],
    ['SLSA 1.0 with an address that ends in .git', slsa(dependency(`git+${REPOSITORY}.git`, COMMIT))],
    [
      'SLSA 1.0 beside other sources',
      slsa(dependency('git+https://github.com/odoo/odoo', 'd'.repeat(40)), dependency(`git+${REPOSITORY}`, COMMIT)),
    ],
    [
      'SLSA 0.2',
      statementOf(SLSA_V02, {
        invocation: { configSource: { uri: `git+${REPOSITORY}@refs/heads/main`, digest: { sha1: COMMIT } } },
      }),
    ],
  ])('binds image and commit: %s', async (_, statement) => {
    expect(await proof(statement)).toEqual({ proven: true, by: 'bundle-0' });
  });

  it.each([
    ['of another commit', slsa(dependency(`git+${REPOSITORY}`, 'd'.repeat(40))), 'names commit dddd'],
    [
      'of this commit and another',
      slsa(dependency(`git+${REPOSITORY}`, COMMIT), dependency(`git+${REPOSITORY}`, 'd'.repeat(40))),
      'names commit',
    ],
    [
      'of another repository',
      slsa(dependency('git+https://github.com/mallory/shop', COMMIT)),
      'no repository of the policy',
    ],
    [
      'of a repository that only begins so',
      slsa(dependency(`git+${REPOSITORY}-fork`, COMMIT)),
      'no repository of the policy',
    ],
    [
      'with a user name that looks like it',
      slsa(dependency(`git+${REPOSITORY}@mallory.example/x`, 'd'.repeat(40))),
      'names commit',
    ],
    [
      'of another image',
      statementOf(SLSA_V1, { buildDefinition: { resolvedDependencies: [] } }, [OTHER]),
      'another image',
    ],
    ['without sources', slsa(), 'no repository of the policy'],
    ['that is a signature', statementOf(COSIGN_SIGNATURE, {}), 'no provenance'],
  ])('%s proves nothing', async (_, statement, why) => {
    expect(await proof(statement)).toMatchObject({ proven: false, why: expect.stringContaining(why) });
  });
});

describe('what cosign 3.1.1 has signed', () => {
  const recorded = (name: string) => readFileSync(join(import.meta.dirname, '../../fixtures/cosign', name));
  const bundles = ['signature', 'provenance'].map((name) => ({ name, bytes: recorded(`${name}.sigstore.json`) }));
  const keys = [recorded('cosign.pub').toString()];
  const image: Sha256 = 'sha256:2dadd77087eece6545d5b4d9051d90f1acef01b172b4915c7902f65419b2f6af';
  const repositories = ['https://github.com/corner-shops/shop'];
  const commit = 'c0ffee'.padEnd(40, '0');

  it('is a signature of the image, and provenance of its commit', async () => {
    expect(await provenSignature(bundles, image, keys)).toEqual({ proven: true, by: 'signature' });
    expect(await provenSource(bundles, image, commit, { keys, repositories })).toEqual({
      proven: true,
      by: 'provenance',
    });
  });

  it('proves nothing of another image, commit or key', async () => {
    expect((await provenSignature(bundles, OTHER, keys)).proven).toBe(false);
    expect((await provenSignature(bundles, image, KEYS)).proven).toBe(false);
    expect((await provenSource(bundles, image, COMMIT, { keys, repositories })).proven).toBe(false);
  });
});

describe('who vouches for a file', () => {
  const [one, two] = [digestOf('one'), digestOf('two')];
  const bundle = join(folder, 'bundle');
  const given = (value: unknown) => writeFileSync(bundle, JSON.stringify(value));
  const ask = (authority: object) => vouchedFor([one, two], { digests: [], signers: [], ...authority }, bundle);
  const signers = KEYS;

  it('the policy, by every digest', async () => {
    expect(await ask({ digests: [one, two] })).toHaveProperty('by');
    expect(await ask({ digests: [one] })).toHaveProperty('refused');
  });

  it('a key of the policy, for all of them in one statement', async () => {
    given(envelopeOf(statementOf(VOUCHED_FILE, {}, [one, two])));
    expect(await ask({ signers })).toHaveProperty('by');
    given(envelopeOf(statementOf(VOUCHED_FILE, {}, [one])));
    expect(await ask({ signers })).toMatchObject({ refused: expect.stringContaining('other files') });
  });

  it('not a signature that was made for something else', async () => {
    given(envelopeOf(statementOf(COSIGN_SIGNATURE, {}, [one, two])));
    expect(await ask({ signers })).toMatchObject({ refused: expect.stringContaining('of type') });
  });

  it('nobody, where the policy allows it, and only there', async () => {
    rmSync(bundle);
    expect(await ask({ signers })).toMatchObject({ refused: expect.stringContaining('no file') });
    expect(await ask({ unsigned: true })).toHaveProperty('by');
  });
});
