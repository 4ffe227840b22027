import type { DeliveryRecord, RecoveryRecord } from './act-record-schema.ts';
import { digestOfAll, exampleRecord, IDENTITY } from './example-record.test-kit.ts';
import { recordDigest } from './sign-record.ts';

const ACT = {
  environment: { name: 'production', identity: { ...IDENTITY } },
  run: { repository: 'example/corner-shops', id: '9514120388', attempt: 1 },
  startedAt: '2026-11-23T09:00:00.000Z',
  endedAt: '2026-11-23T09:05:00.000Z',
  issued: '2026-11-23T09:05:01.000Z',
  nonce: '0'.repeat(32),
};

/** The record of a delivery of the example release, whose file is given: its fourth link. For tests. */
export function deliveryOf(release: Uint8Array): DeliveryRecord {
  return {
    kind: 'delivery',
    ...ACT,
    sequence: 4,
    previous: recordDigest(release),
    record: recordDigest(release),
    release: exampleRecord().release.release,
    plan: digestOfAll('3'),
    ...{ from: digestOfAll('0'), to: digestOfAll('1'), commit: 'a'.repeat(40) },
    ...{ end: 'promoted', decided: null, running: [digestOfAll('1')], epoch: 1, steps: [] },
  };
}

/** The record of a rollback of the example release, once its delivery was recorded: the fifth link. For tests. */
export function recoveryOf(release: Uint8Array, delivery: Uint8Array): RecoveryRecord {
  return {
    kind: 'recovery',
    ...ACT,
    sequence: 5,
    previous: recordDigest(delivery),
    act: 'rollback',
    record: recordDigest(release),
    ...{ from: digestOfAll('1'), to: digestOfAll('0'), commit: 'b'.repeat(40) },
    ...{ reason: 'wrong prices', askedBy: 'a-release-manager', quarantined: [digestOfAll('1')] },
    verified: [{ what: 'Workers are alive', holds: 'yes', how: '2 pods are ready.' }],
  };
}
