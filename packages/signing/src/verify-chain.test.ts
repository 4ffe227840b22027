import { describe, expect, it } from '@jest/globals';
import { signActRecord } from './act-record.ts';
import type { ActRecord } from './act-record-schema.ts';
import { deliveryOf, recoveryOf } from './example-acts.test-kit.ts';
import { digestOfAll, exampleRecord, IDENTITY, keySetFile, NOW, newKey } from './example-record.test-kit.ts';
import { parseKeySet } from './key-set.ts';
import type { ReleaseRecord } from './record-schema.ts';
import { recordDigest, signRecord } from './sign-record.ts';
import { verifyChain } from './verify-chain.ts';

const key = newKey('ed25519', { kinds: ['release', 'delivery', 'recovery'] });
const keys = parseKeySet(keySetFile(key.entry));
const released = (changes: Partial<ReleaseRecord> = {}) => signRecord(exampleRecord(changes), key.signer);
const acted = (record: ActRecord) => signActRecord(record, key.signer);

const release = await released();
const delivery = await acted(deliveryOf(release));
const recovery = await acted(recoveryOf(release, delivery));
const next = await released({ sequence: 6, previous: recordDigest(recovery), nonce: 'e'.repeat(32) });
const AFTER = '2026-11-25T09:00:00.000Z';

const verified = (files: Uint8Array[], at = NOW, environment?: string) =>
  verifyChain(files, keys, environment, at).map(({ record }) => `${record.sequence} ${record.kind}`);

describe('records', () => {
  it('of every kind are verified, one or many, in any order', () => {
    expect(verified([delivery])).toEqual(['4 delivery']);
    expect(verified([recovery])).toEqual(['5 recovery']);
    expect(verified([next, recovery, release, delivery])).toEqual([
      '3 release',
      '4 delivery',
      '5 recovery',
      '6 release',
    ]);
    expect(verifyChain([recovery], keys, 'production', NOW)[0]).toMatchObject({
      digest: recordDigest(recovery),
      keyId: key.signer.keyId,
      algorithm: 'ed25519',
    });
  });

  it('that others follow may be over, and the newest may not', () => {
    expect(() => verified([release], AFTER)).toThrow('expired');
    expect(verified([release, delivery], AFTER)).toEqual(['3 release', '4 delivery']);
  });

  it.each([
    ['one is missing', () => [release, recovery], 'One is missing'],
    ['one is there twice', () => [release, release], 'One is missing'],
    [
      'a number was skipped',
      async () => [release, await acted({ ...deliveryOf(release), sequence: 5 })],
      'One is missing',
    ],
    [
      'one was put in the place of another',
      async () => [await released({ nonce: 'd'.repeat(32) }), delivery],
      'put in the place of another',
    ],
    [
      'they are of two places',
      async () => {
        const environment = { name: 'production', identity: { ...IDENTITY, clusterUid: 'another' } };
        return [release, await acted({ ...deliveryOf(release), environment })];
      },
      'two chains',
    ],
    [
      'a delivery is about another release than it follows',
      async () => [await acted({ ...deliveryOf(release), record: digestOfAll('8') })],
      'a delivery follows its release',
    ],
    [
      'a delivery brought another image than was released',
      async () => [release, await acted({ ...deliveryOf(release), to: digestOfAll('8') })],
      'says otherwise',
    ],
    [
      'a recovery went elsewhere than to what ran before',
      async () => [release, delivery, await acted({ ...recoveryOf(release, delivery), to: digestOfAll('8') })],
      'says otherwise',
    ],
    [
      'a recovery is about a release before the last',
      async () => [release, delivery, await acted({ ...recoveryOf(release, delivery), record: digestOfAll('8') })],
      'says otherwise',
    ],
  ])('are refused where %s', async (_, files, why) => {
    const given = await files();
    expect(() => verified(given)).toThrow(why);
  });

  it('are refused one by one: a stranger, a changed byte, another environment, a revoked key in their history', async () => {
    const stranger = newKey('ed25519', { kinds: ['delivery'] });
    const strange = await signActRecord(deliveryOf(release), stranger.signer);
    expect(() => verified([release, strange])).toThrow('not in the key set');
    expect(() => verified([release, delivery.with(300, (delivery[300] as number) ^ 1)])).toThrow();
    expect(() => verified([release, delivery], NOW, 'staging')).toThrow('not for "staging"');
    const revoked = { ...key.entry, revoked: { at: NOW, reason: 'found in a log' } };
    expect(() => verifyChain([release, delivery], parseKeySet(keySetFile(revoked)), undefined, NOW)).toThrow('revoked');
    const kinds = parseKeySet(keySetFile({ ...key.entry, kinds: ['release'] }));
    expect(() => verifyChain([release, delivery], kinds, undefined, NOW)).toThrow('may not sign delivery');
  });
});
