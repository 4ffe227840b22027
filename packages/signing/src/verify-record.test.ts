import { describe, expect, it } from '@jest/globals';
import { digestOf, subjectOf } from '@tillgate/release';
import fc from 'fast-check';
import { encodeEnvelope, IN_TOTO_PAYLOAD, signedBytes } from './dsse.ts';
import { digestOfAll, exampleRecord, IDENTITY, keySetFile, NOW, newKey } from './example-record.test-kit.ts';
import { parseKeySet } from './key-set.ts';
import type { KeyEntry } from './key-set-schema.ts';
import { openStatement } from './open-statement.ts';
import type { ReleaseRecord } from './record-schema.ts';
import { recordDigest, signRecord, signStatement } from './sign-record.ts';
import type { Signer } from './signer.ts';
import { namedByUri, RECORD_NAMESPACE, type Statement, statementOf } from './statement.ts';
import {
  CLOCK_TOLERANCE_MS,
  type Expectation,
  readPinnedRecord,
  readSignedRecord,
  verifyRecord,
} from './verify-record.ts';

const { signer, entry } = newKey();
const keys = parseKeySet(keySetFile(entry, newKey('ecdsa-p256').entry));
const fitting: Expectation = {
  environment: 'production',
  identity: IDENTITY,
  policy: digestOfAll('2'),
  head: { sequence: 2, digest: digestOfAll('9') },
};
const signed = await signRecord(exampleRecord(), signer);
const utf8 = (text: string) => new TextEncoder().encode(text);

const refused = (reason: string) => expect.objectContaining({ name: 'RecordRefused', reason });

describe('verifyRecord', () => {
  it.each(['ed25519', 'ecdsa-p256'] as const)('gives back what was signed, with %s', async (algorithm) => {
    const key = newKey(algorithm);
    const file = await signRecord(exampleRecord(), key.signer);
    const verified = verifyRecord(file, parseKeySet(keySetFile(entry, key.entry)), fitting, NOW);
    expect(verified).toEqual({ record: exampleRecord(), digest: digestOf(file), keyId: key.signer.keyId, algorithm });
  });

  it('takes the first record of an environment', async () => {
    const file = await signRecord(exampleRecord({ sequence: 1, previous: null }), signer);
    expect(verifyRecord(file, keys, { ...fitting, head: null }, NOW).record.sequence).toBe(1);
  });

  it.each<[string, Partial<Expectation>, string]>([
    ['another environment', { environment: 'staging' }, 'other-environment'],
    ['another cluster', { identity: { ...IDENTITY, clusterUid: 'another' } }, 'other-identity'],
    ['another namespace', { identity: { ...IDENTITY, namespace: 'another' } }, 'other-identity'],
    ['another workload', { identity: { ...IDENTITY, workload: 'another' } }, 'other-identity'],
    ['another policy', { policy: digestOfAll('f') }, 'other-policy'],
    ['a chain that has moved on', { head: { sequence: 3, digest: recordDigest(signed) } }, 'not-next-in-chain'],
    ['a chain with another head', { head: { sequence: 2, digest: digestOfAll('f') } }, 'not-next-in-chain'],
    ['a head of another number', { head: { sequence: 1, digest: digestOfAll('9') } }, 'not-next-in-chain'],
    ['an environment without a record', { head: null }, 'not-next-in-chain'],
  ])('refuses a record for %s', (_, parts, reason) => {
    expect(() => verifyRecord(signed, keys, { ...fitting, ...parts }, NOW)).toThrow(refused(reason));
  });

  it('refuses a record that names no place where a place is expected', async () => {
    const file = await signRecord(exampleRecord({ environment: { name: 'production', identity: null } }), signer);
    expect(() => verifyRecord(file, keys, fitting, NOW)).toThrow(refused('other-identity'));
  });

  it('judges expiry to the millisecond, and a signer whose clock is ahead with tolerance', () => {
    const { issued, expires } = exampleRecord();
    const at = (instant: string, offset: number) => new Date(Date.parse(instant) + offset).toISOString();
    const verify = (moment: string) => verifyRecord(signed, keys, fitting, moment);
    expect(() => verify(at(expires, -1))).not.toThrow();
    expect(() => verify(expires)).toThrow(refused('expired'));
    expect(() => verify(at(issued, -CLOCK_TOLERANCE_MS))).not.toThrow();
    expect(() => verify(at(issued, -CLOCK_TOLERANCE_MS - 1))).toThrow(refused('issued-in-future'));
  });
});

describe('the key', () => {
  it.each<[string, Partial<KeyEntry>, string]>([
    [
      'revoked after the record was issued',
      { revoked: { at: '2026-11-23T09:05:00Z', reason: 'laptop lost' } },
      'revoked-key',
    ],
    ['to be revoked in the future', { revoked: { at: '2027-01-01T00:00:00Z', reason: 'planned' } }, 'revoked-key'],
    ['for another environment', { environments: ['rehearsal'] }, 'key-environment'],
    ['for other kinds of records', { kinds: ['delivery', 'recovery'] }, 'key-kind'],
    ['not yet valid', { notBefore: '2026-11-23T09:30:00Z' }, 'key-not-yet-valid'],
    ['not yet valid when the record was issued', { notBefore: '2026-11-23T09:05:00Z' }, 'key-not-yet-valid'],
    ['expired when the record was issued', { notAfter: '2026-11-23T09:00:00Z' }, 'key-expired'],
    ['expired since the record was issued', { notAfter: '2026-11-23T09:05:00Z' }, 'key-expired'],
    ['expired this very moment', { notAfter: NOW }, 'key-expired'],
    ['a test key', { test: true }, 'test-key'],
    ['a test key that claims more', { test: true, environments: ['production', 'rehearsal'] }, 'test-key'],
  ])('is refused: %s', (_, authority, reason) => {
    const limited = parseKeySet(keySetFile({ ...entry, ...authority }));
    expect(() => verifyRecord(signed, limited, fitting, NOW)).toThrow(refused(reason));
  });

  it('is refused when it is not in the set', () => {
    const others = parseKeySet(keySetFile(newKey().entry));
    expect(() => verifyRecord(signed, others, fitting, NOW)).toThrow(refused('unknown-key'));
  });

  it('may be a test key where the environment is marked test', async () => {
    const record = forEnvironment('rehearsal');
    const file = await signRecord(record, signer);
    const testKeys = parseKeySet(keySetFile({ ...entry, test: true, environments: ['rehearsal'] }));
    expect(verifyRecord(file, testKeys, { ...fitting, environment: 'rehearsal' }, NOW).record).toEqual(record);
  });

  it('does not lend its authority to another: naming a stronger key does not help', async () => {
    const weak = newKey('ed25519', { environments: ['rehearsal'] });
    const pretending: Signer = { ...weak.signer, keyId: signer.keyId };
    const file = await signRecord(exampleRecord(), pretending);
    expect(() => verifyRecord(file, parseKeySet(keySetFile(entry, weak.entry)), fitting, NOW)).toThrow(
      refused('signature'),
    );
  });
});

describe('a record file', () => {
  it.each<[string, (text: string) => string, string]>([
    ['with a line end', (text) => `${text}\n`, 'not-the-one-form'],
    ['written with spaces', (text) => JSON.stringify(JSON.parse(text), null, 2), 'not-the-one-form'],
    [
      'with its members in another order',
      (text) => JSON.stringify(Object.fromEntries(Object.entries(JSON.parse(text)).reverse())),
      'not-the-one-form',
    ],
    ['with a member twice', (text) => text.replace('{"payload"', '{"payload":"AAAA","payload"'), 'duplicate-member'],
    [
      'with two signatures',
      (text) => text.replace(/"signatures":\[(.*)\]/, '"signatures":[$1,$1]'),
      'not-one-signature',
    ],
    ['with another payload type', (text) => text.replace('in-toto+json', 'in-toto.x+json'), 'payload-type'],
    ['cut off', (text) => text.slice(0, -30), 'not-json'],
    ['of nothing', () => '', 'not-json'],
    ['of something else', () => '{"schema":"https://tillgate.dev/verdict/v1"}', 'not-an-envelope'],
    ['of 5 MB', (text) => text + ' '.repeat(5_000_000), 'too-large'],
  ])('is refused: %s', (_, change, reason) => {
    const file = utf8(change(new TextDecoder().decode(signed)));
    expect(() => verifyRecord(file, keys, fitting, NOW)).toThrow(refused(reason));
  });

  it('is refused whatever one byte of it is changed to, and whatever byte is lost or added', async () => {
    const statement = { ...statementOf(exampleRecord()), subject: [], predicate: namedByUri({ kind: 'release' }) };
    const small = await signStatement(statement, signer);
    const open = (file: Uint8Array) => openStatement(file, keys, 'release');
    expect(open(small).statement).toEqual(statement);

    const accepted: string[] = [];
    const attempt = (file: Uint8Array, what: string) => {
      try {
        open(file);
        accepted.push(what);
      } catch (problem) {
        if ((problem as Error).name !== 'RecordRefused') throw problem;
      }
    };
    for (const [index, byte] of small.entries()) {
      for (let other = 0; other < 256; other++) {
        if (other !== byte) attempt(small.with(index, other), `byte ${index}: ${byte} became ${other}`);
      }
      attempt(Buffer.concat([small.subarray(0, index), small.subarray(index + 1)]), `byte ${index} lost`);
      attempt(Buffer.concat([small.subarray(0, index), Buffer.of(byte), small.subarray(index)]), `byte ${index} twice`);
    }
    expect(accepted).toEqual([]);
  });

  it('is refused in one and the same way whatever it is', () => {
    fc.assert(
      fc.property(fc.oneof(fc.json().map(utf8), fc.uint8Array()), (bytes) => {
        expect(() => verifyRecord(bytes, keys, fitting, NOW)).toThrow(
          expect.objectContaining({ name: 'RecordRefused' }),
        );
      }),
    );
  });
});

describe('a statement with a right signature', () => {
  const predicate = (change: Record<string, unknown>) => (statement: Statement) => {
    Object.assign(statement.predicate, change);
  };
  const own = (change: Record<string, unknown>) => predicate(namedByUri(change));

  it.each<[string, (statement: Statement) => void, string]>([
    [
      'another statement type',
      (it) => Object.assign(it, { _type: 'https://in-toto.io/Statement/v0.1' }),
      'not-a-statement',
    ],
    ['no predicate', (it) => Object.assign(it, { predicate: null }), 'not-a-statement'],
    [
      'another predicate type',
      (it) => Object.assign(it, { predicateType: 'https://slsa.dev/provenance/v1' }),
      'predicate-type',
    ],
    [
      'the predicate type of a delivery record',
      (it) => Object.assign(it, { predicateType: 'https://tillgate.dev/delivery-record/v1' }),
      'predicate-type',
    ],
    ['another kind', own({ kind: 'delivery' }), 'kind'],
    ['no kind', own({ kind: undefined }), 'kind'],
    ['FAILED', predicate({ verificationResult: 'FAILED' }), 'not-passed'],
    ['passed in small letters', predicate({ verificationResult: 'passed' }), 'not-passed'],
    ['no result', predicate({ verificationResult: undefined }), 'not-passed'],
    ['a decision that is no go', own({ decision: { ...exampleRecord().decision, outcome: 'no-go' } }), 'incomplete'],
    ['a member of ours too many', own({ skipFreeze: true }), 'incomplete'],
    ['a foreign subject', (it) => it.subject.push({ name: 'x', digest: { sha256: 'f'.repeat(64) } }), 'contradiction'],
    ['a subject less', (it) => it.subject.pop(), 'contradiction'],
    [
      'another digest in its subject',
      (it) => Object.assign(it.subject[0] as object, { digest: { sha256: 'f'.repeat(64) } }),
      'contradiction',
    ],
    ['another time in its summary', predicate({ timeVerified: NOW }), 'contradiction'],
    ['another level in its summary', predicate({ verifiedLevels: ['SLSA_BUILD_LEVEL_3'] }), 'contradiction'],
    ['an added member', predicate({ note: 'x' }), 'contradiction'],
    ['an added member beside the predicate', (it) => Object.assign(it, { note: 'x' }), 'contradiction'],
  ])('is refused: %s', async (_, change, reason) => {
    const statement = statementOf(exampleRecord());
    change(statement);
    const file = await signStatement(statement, signer);
    expect(() => verifyRecord(file, keys, fitting, NOW)).toThrow(refused(reason));
  });

  it.each([
    ['is no JSON', 'no json', 'not-json'],
    ['has a member twice', '{"_type":1,"_type":2}', 'duplicate-member'],
    ['is null', 'null', 'not-a-statement'],
    ['is a list', '[]', 'not-a-statement'],
  ])('is refused when the payload %s', async (_, text, reason) => {
    const file = await signedPayload(utf8(text));
    expect(() => verifyRecord(file, keys, fitting, NOW)).toThrow(refused(reason));
  });

  it('is refused when the payload hides a member named __proto__', async () => {
    const text = JSON.stringify(statementOf(exampleRecord())).replace(
      '"predicate":{',
      '"predicate":{"__proto__":{"x":1},',
    );
    const file = await signedPayload(utf8(text));
    expect(() => verifyRecord(file, keys, fitting, NOW)).toThrow(refused('contradiction'));
  });

  it.each(Object.keys(exampleRecord()))('is refused without %s', async (member) => {
    const statement = statementOf(exampleRecord());
    delete statement.predicate[RECORD_NAMESPACE + member];
    const file = await signStatement(statement, signer);
    expect(() => verifyRecord(file, keys, fitting, NOW)).toThrow(refused(member === 'kind' ? 'kind' : 'incomplete'));
  });
});

describe('readPinnedRecord', () => {
  it('reads a record by its digest alone', () => {
    expect(readPinnedRecord(signed, digestOf(signed))).toEqual(exampleRecord());
  });

  it('refuses any other file', async () => {
    const another = await signRecord(exampleRecord({ nonce: 'f'.repeat(32) }), signer);
    expect(() => readPinnedRecord(another, digestOf(signed))).toThrow(refused('not-the-pinned-record'));
  });

  it('refuses a pinned file that is no release record', () => {
    const file = utf8('{}');
    expect(() => readPinnedRecord(file, digestOf(file))).toThrow(refused('not-an-envelope'));
  });
});

describe('readSignedRecord', () => {
  const later = (changes: Partial<KeyEntry>) => parseKeySet(keySetFile({ ...entry, ...changes } as KeyEntry));
  const revoked = { revoked: { at: '2026-11-24T00:00:00Z', reason: 'found in a log' } };

  it('reads a record whose key is out of date since, and a revoked one only where it is told to', () => {
    expect(readSignedRecord(signed, later({ notAfter: '2026-11-24T00:00:00Z' }), 'refuse')).toEqual(exampleRecord());
    expect(readSignedRecord(signed, later(revoked), 'accept')).toEqual(exampleRecord());
    expect(() => readSignedRecord(signed, later(revoked), 'refuse')).toThrow(refused('revoked-key'));
  });

  it('refuses what a stranger signed, and a key that might never sign it', () => {
    const stranger = parseKeySet(keySetFile(newKey().entry));
    expect(() => readSignedRecord(signed, stranger, 'accept')).toThrow(refused('unknown-key'));
    expect(() => readSignedRecord(signed, later({ kinds: ['delivery'] }), 'accept')).toThrow(refused('key-kind'));
    const tooOld = later({ notAfter: '2026-11-01T00:00:00Z' });
    expect(() => readSignedRecord(signed, tooOld, 'accept')).toThrow(refused('key-expired'));
  });
});

describe('signRecord', () => {
  const { release, commits } = exampleRecord();
  it.each<[string, Partial<ReleaseRecord>]>([
    ['a first record with a predecessor', { sequence: 1 }],
    ['a later record without one', { previous: null }],
    ['a release for another environment', { environment: { name: 'staging', identity: null } }],
    ['a release whose digest is not its own', { release: { ...release, release: digestOfAll('f') } }],
    ['commits that end elsewhere', { commits: { ...commits, to: 'f'.repeat(40) } }],
    ['an emergency without reason', { class: 'emergency' }],
    ['a reason without emergency', { emergency: { reason: 'x' } }],
    ['a record that expires when it is issued', { expires: exampleRecord().issued }],
    ['one kind of change twice', { changeKinds: ['data', 'data'] }],
    [
      'one gate twice',
      { decision: { outcome: 'go', gates: exampleRecord().decision.gates.flatMap((gate) => [gate, gate]) } },
    ],
    ['no gate', { decision: { outcome: 'go', gates: [] } }],
    ['a time with an offset', { issued: '2026-11-23T10:00:00+01:00' }],
    ['a short single-use id', { nonce: 'ab' }],
  ])('does not sign %s', async (_, changes) => {
    await expect(signRecord(exampleRecord(changes), signer)).rejects.toThrow(refused('incomplete'));
  });

  it('does not sign what would be too large to be read', async () => {
    const units = Array.from({ length: 9_000 }, (_, index) => ({
      units: [`shop-${index}`],
      oldOnNew: 'yes' as const,
      newOnOld: 'yes' as const,
      modulesToUpdate: ['a'.repeat(40)],
    }));
    await expect(signRecord(exampleRecord({ data: { units, assets: null } }), signer)).rejects.toThrow(
      refused('too-large'),
    );
  });

  it('keeps a record of a thousand different tenants below the limit', async () => {
    const units = Array.from({ length: 1_000 }, (_, index) => ({
      units: [`shop-${index}`],
      oldOnNew: 'yes' as const,
      newOnOld: 'yes' as const,
      modulesToUpdate: ['point_of_sale', 'stock', 'sale_management', `l10n_${index}`],
    }));
    const file = await signRecord(exampleRecord({ data: { units, assets: null } }), signer);
    expect(verifyRecord(file, keys, fitting, NOW).record.data?.units).toHaveLength(1_000);
  });
});

/** The example record, on its way to another environment. */
function forEnvironment(name: string): ReleaseRecord {
  const { artifacts, commit } = exampleRecord().release;
  return exampleRecord({
    environment: { name, identity: IDENTITY },
    release: subjectOf({ environment: name, commit, artifacts }),
  });
}

async function signedPayload(payload: Uint8Array): Promise<Uint8Array> {
  const signature = await signer.sign(signedBytes(IN_TOTO_PAYLOAD, payload));
  return encodeEnvelope({ payloadType: IN_TOTO_PAYLOAD, payload, keyId: signer.keyId, signature });
}
