/**
 * What keeps a release from being signed, shown on the shipped bundle: each attempt differs from one that
 * is signed in a single point, must end red with that reason, and must leave no record.
 */
import { execFileSync } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { digestOf, encodeReceipt, type Verdict } from '@tillgate/release';
import { type Attempt, attempt, ed25519, p256, testKey } from './scene.ts';

const MINUTE = 60_000;
const scan = (verdicts: Record<string, Verdict>) => verdicts['image-scan-gate'] as Verdict;
const finding = {
  rule: 'scan/new-vulnerability',
  key: 'k',
  severity: 'fail',
  message: 'New: CVE-2023-4863.',
  remedy: 'Upgrade.',
} as const;
const wall = (millis: number) => new Date(millis).toISOString().slice(0, 16);
const stranger = testKey(() => generateKeyPairSync('ed25519'));

describe('an attempt in which nothing is wrong', () => {
  it.each([
    ['Ed25519', ed25519],
    ['ECDSA P-256', p256],
  ])('is signed with %s, and openssl agrees', async (_, key) => {
    const { ran, record } = await attempt({ signingKey: key.pem, keyEntry: key.entry });
    expect(ran.log).not.toContain('::error');
    expect(ran.code).toBe(0);
    expect(ran.outputs['record-digest']).toBe(digestOf(record as string));

    const { payload, payloadType, signatures } = JSON.parse(record as string);
    const body = Buffer.from(payload, 'base64');
    const folder = mkdtempSync(join(tmpdir(), 'tillgate-openssl-'));
    const [signed, signature, publicKey] = ['signed', 'signature', 'key'].map((name) => join(folder, name)) as [
      string,
      string,
      string,
    ];
    writeFileSync(
      signed,
      Buffer.concat([Buffer.from(`DSSEv1 ${payloadType.length} ${payloadType} ${body.length} `), body]),
    );
    writeFileSync(signature, Buffer.from(signatures[0].sig, 'base64'));
    writeFileSync(publicKey, key.entry.publicKey as string);
    const args =
      key === ed25519
        ? ['pkeyutl', '-verify', '-pubin', '-inkey', publicKey, '-rawin', '-in', signed, '-sigfile', signature]
        : ['dgst', '-sha256', '-verify', publicKey, '-signature', signature, signed];
    expect(execFileSync('openssl', args, { encoding: 'utf8' })).toMatch(/Verified (Successfully|OK)/);
    rmSync(folder, { recursive: true });
  });
});

const REFUSED: [string, Partial<Attempt>, RegExp][] = [
  [
    'a gate left no verdict',
    {
      travel: (documents, outputs) => {
        documents.delete('image-scan-gate.json');
        for (const name of ['receipt', 'outcome']) delete outputs[`image-scan-gate-${name}`];
      },
    },
    /requires image-scan-gate/,
  ],
  [
    'a receipt has no document',
    { travel: (documents) => documents.delete('image-scan-gate.json') },
    /no document with its digest/,
  ],
  [
    'a receipt was dropped for a masked value',
    { travel: (_, outputs) => (outputs['image-scan-gate-receipt'] = '') },
    /masked value/,
  ],
  [
    'one byte of a document was changed',
    { travel: (documents) => flipOneBit(documents.get('image-scan-gate.json') as Buffer) },
    /changed, cut or exchanged/,
  ],
  [
    'a document was cut',
    {
      travel: (documents) =>
        documents.set('image-scan-gate.json', (documents.get('image-scan-gate.json') as Buffer).subarray(0, 300)),
    },
    /changed, cut or exchanged/,
  ],
  [
    'there are two verdicts of a gate',
    { travel: (documents) => documents.set('again.json', Buffer.from(`${documents.get('image-scan-gate.json')} `)) },
    /second verdict of image-scan-gate/,
  ],
  [
    'a document is of another schema major',
    {
      verdicts: (all) => ((scan(all) as { schema: string }).schema = 'https://tillgate.dev/verdict/v2'),
      travel: reseal,
    },
    /verdict\/v2/,
  ],
  [
    'a verdict has expired',
    { verdicts: (all) => (scan(all).validUntil = new Date(Date.now() - MINUTE).toISOString()) },
    /was valid until/,
  ],
  [
    'a verdict comes from the future',
    { verdicts: (all) => (scan(all).observedAt = new Date(Date.now() + 10 * MINUTE).toISOString()) },
    /in the future/,
  ],
  ['a required gate only reported', { verdicts: (all) => (scan(all).basis.mode = 'report') }, /ran in mode report/],
  [
    'a gate failed',
    { verdicts: (all) => Object.assign(scan(all), { outcome: 'fail', findings: [finding] }) },
    /CVE-2023-4863/,
  ],
  [
    'a gate says pass over a finding that fails',
    { verdicts: (all) => scan(all).findings.push(finding) },
    /its findings give fail/,
  ],
  [
    'a gate judged nothing and says pass',
    { verdicts: (all) => (scan(all).coverage.expected = 0) },
    /its findings give inconclusive/,
  ],
  [
    'a verdict is of another commit',
    { verdicts: (all) => (scan(all).subject.commit = 'c'.repeat(40)) },
    /does not have the digest that it claims/,
  ],
  [
    'a verdict is of another class',
    { verdicts: (all) => (scan(all).basis.class = 'routine') },
    /judged for class routine/,
  ],
  [
    'a verdict was made under another policy',
    { verdicts: (all) => (scan(all).basis.policy = digestOf('weaker')) },
    /under another policy/,
  ],
  [
    'a verdict was made with another configuration',
    { verdicts: (all) => (scan(all).basis.configuration = digestOf('weaker')) },
    /another effective configuration/,
  ],
  [
    'the freeze check was asked about a recovery',
    {
      verdicts: (all) => Object.assign(all['freeze-window-check']?.facts as object, { purpose: 'recovery' }),
    },
    /asked about a recovery/,
  ],
  [
    'a freeze has begun since',
    {
      policyTail: `calendar:\n  windows:\n    stock-taking: { kind: freeze, zone: UTC, once: { from: ${wall(Date.now() - 60 * MINUTE)}, to: ${wall(Date.now() + 240 * MINUTE)} } }\n`,
    },
    /Looked at again after approval.*stock-taking/,
  ],
  ['nobody approved', { approver: undefined }, /1 approval is required, and 0 count/],
  ['the author approved', { approver: 'shop-developer' }, /shop-developer \(wrote the change\)/],
  [
    'the class is raised after the gates ran',
    { inputs: { 'release-class': 'high-risk' } },
    /judged for class standard; this release is high-risk/,
  ],
  ['the key is not the environment’s', { signingKey: stranger.pem }, /key/],
  [
    'the key was revoked',
    { keyEntry: { ...ed25519.entry, revoked: { at: '2026-01-01T00:00:00Z', reason: 'Found in a log' } } },
    /revoked/,
  ],
  [
    'the key may not sign for this kind of record',
    { keyEntry: { ...ed25519.entry, kinds: ['recovery'] } },
    /kind|may not/,
  ],
  [
    'the key is an RSA key',
    {
      signingKey: generateKeyPairSync('rsa', { modulusLength: 2048 })
        .privateKey.export({ type: 'pkcs8', format: 'pem' })
        .toString(),
    },
    /Ed25519 or ECDSA P-256/,
  ],
  ['there is no key', { signingKey: '' }, /signing-key is missing/],
];

function flipOneBit(bytes: Buffer): void {
  bytes.writeUInt8(bytes.readUInt8(200) ^ 1, 200);
}

/** Gives the receipt of a changed schema the document's digest again, so that only the schema is wrong. */
function reseal(documents: Map<string, Buffer>, outputs: Record<string, string>): void {
  const bytes = documents.get('image-scan-gate.json') as Buffer;
  const verdict = JSON.parse(bytes.toString()) as Verdict;
  const receipt = {
    schema: 'https://tillgate.dev/verdict/v1',
    gate: 'image-scan-gate',
    outcome: 'pass',
    release: verdict.subject.release,
    document: digestOf(bytes),
  } as const;
  outputs['image-scan-gate-receipt'] = encodeReceipt(receipt);
}

describe('nothing is signed when', () => {
  it.each(REFUSED)('%s', async (_, changed, reason) => {
    const { ran, record } = await attempt(changed);
    expect(ran.log).toMatch(reason);
    expect(ran.code).toBe(1);
    expect(record).toBeUndefined();
    expect(ran.outputs.outcome).not.toBe('pass');
    expect(ran.outputs['record-digest']).toBeUndefined();
    expect(ran.log).not.toContain((changed.signingKey ?? ed25519.pem).split('\n')[1] || 'PRIVATE KEY');
  });
});
