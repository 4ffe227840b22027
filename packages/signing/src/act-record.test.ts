import { describe, expect, it } from '@jest/globals';
import { readSignedActRecord, signActRecord, verifyActRecord } from './act-record.ts';
import type { DeliveryRecord } from './act-record-schema.ts';
import { digestOfAll, IDENTITY, keySetFile, NOW, newKey } from './example-record.test-kit.ts';
import { parseKeySet } from './key-set.ts';
import { recordDigest } from './sign-record.ts';

const DELIVERED: DeliveryRecord = {
  kind: 'delivery',
  sequence: 4,
  previous: digestOfAll('9'),
  environment: { name: 'production', identity: { ...IDENTITY } },
  record: digestOfAll('9'),
  release: digestOfAll('2'),
  plan: digestOfAll('3'),
  from: digestOfAll('0'),
  to: digestOfAll('1'),
  commit: 'a'.repeat(40),
  end: 'promoted',
  decided: null,
  running: [digestOfAll('1')],
  epoch: 1,
  steps: [
    {
      lane: 'all',
      way: 'forward',
      step: '5 %',
      share: 500,
      since: '2026-11-23T09:00:30.000Z',
      reached: '2026-11-23T09:00:40.000Z',
      left: '2026-11-23T09:04:00.000Z',
      because: 'proved',
      evidence: [{ metric: 'errors', candidate: [0, 149], stable: [1, 2_000], worse: -0.2, bound: 5.1, good: 0.1 }],
    },
  ],
  startedAt: '2026-11-23T09:00:00.000Z',
  endedAt: '2026-11-23T09:05:00.000Z',
  run: { repository: 'example/corner-shops', id: '1', attempt: 1 },
  issued: '2026-11-23T09:05:01.000Z',
  nonce: '0'.repeat(32),
};

const key = newKey('ed25519', { kinds: ['delivery', 'recovery'] });
const keys = parseKeySet(keySetFile(key.entry));

describe('the record of an act', () => {
  it('comes back as it was signed, verified or read again later', async () => {
    const file = await signActRecord(DELIVERED, key.signer);
    expect(verifyActRecord(file, keys, 'delivery', NOW)).toEqual({ record: DELIVERED, digest: recordDigest(file) });
    expect(readSignedActRecord(file, keys, 'delivery', 'refuse')).toEqual(DELIVERED);
    const stranger = parseKeySet(keySetFile(newKey('ed25519', { kinds: ['delivery'] }).entry));
    expect(() => readSignedActRecord(file, stranger, 'delivery', 'accept')).toThrow('not in the key set');
  });

  it('is not taken for one of another kind', async () => {
    const file = await signActRecord(DELIVERED, key.signer);
    expect(() => verifyActRecord(file, keys, 'recovery', NOW)).toThrow('a recovery record is');
  });

  it.each([
    ['a key that signs releases only', { kinds: ['release' as const] }, 'may not sign delivery records'],
    [
      'a key of another environment',
      { kinds: ['delivery' as const], environments: ['rehearsal'] },
      'may not sign for environment',
    ],
  ])('is refused from %s', async (_, authority, why) => {
    const other = newKey('ed25519', authority);
    const file = await signActRecord(DELIVERED, other.signer);
    expect(() => verifyActRecord(file, parseKeySet(keySetFile(other.entry)), 'delivery', NOW)).toThrow(why);
  });

  it('is refused once a byte of it is another', async () => {
    const file = await signActRecord(DELIVERED, key.signer);
    const envelope = JSON.parse(new TextDecoder().decode(file)) as { payload: string };
    const payload = Buffer.from(envelope.payload, 'base64').toString().replace('promoted', 'returned');
    const changed = new TextEncoder().encode(
      JSON.stringify({ ...envelope, payload: Buffer.from(payload).toString('base64') }),
    );
    expect(() => verifyActRecord(changed, keys, 'delivery', NOW)).toThrow('signature does not fit');
  });

  it('is not signed where it says too little', async () => {
    const { steps: _, ...less } = DELIVERED;
    await expect(signActRecord(less as DeliveryRecord, key.signer)).rejects.toThrow('steps');
  });
});
