import { isDeepStrictEqual } from 'node:util';
import { type EnvironmentIdentity, type Instant, instantOf, millisOf, type Sha256 } from '@tillgate/release';
import type { Algorithm } from './algorithm.ts';
import { type KeySet, requireAuthority } from './key-set.ts';
import { openPinnedStatement, openStatement, type Revoked } from './open-statement.ts';
import { type ReleaseRecord, releaseRecordSchema } from './record-schema.ts';
import { RecordRefused } from './refusal.ts';
import { ownMembers, type Statement, statementOf } from './statement.ts';
import { quote } from './strict-json.ts';

/**
 * What the record must fit. Every member must be given; `undefined` says aloud that it is not judged
 * here, as when a file is looked at offline. Where a release is delivered, none is undefined.
 */
export interface Expectation {
  /** Name of the environment. */
  environment: string | undefined;
  /** The environment's own identity, read from the cluster. */
  identity: EnvironmentIdentity | undefined;
  /** Digest of the policy that the environment names. */
  policy: Sha256 | undefined;
  /** Head of the chain that the environment names; null before its first record. */
  head: { sequence: number; digest: Sha256 } | null | undefined;
}

/** A record that may be acted on. */
export interface VerifiedRecord {
  record: ReleaseRecord;
  /** Digest of the file: what the chain knows the record by. */
  digest: Sha256;
  keyId: Sha256;
  algorithm: Algorithm;
}

/** How far the signer's clock may be ahead of ours, in milliseconds. Expiry has no such tolerance. */
export const CLOCK_TOLERANCE_MS = 60_000;

/**
 * Verifies a release record: that a key of the set that may sign for its environment signed these very
 * bytes, that it says PASSED, that it fits what is expected, and that its time has come and not gone.
 *
 * That it is used once follows from `head`: once an environment's head has moved on, no record that
 * names the former head fits any more.
 *
 * @param at the present time
 * @throws RecordRefused with the first reason found
 */
export function verifyRecord(file: Uint8Array, keys: KeySet, expectation: Expectation, at: Instant): VerifiedRecord {
  const { statement, key, digest } = openStatement(file, keys, 'release');
  const record = recordIn(statement);
  requireAuthority(key, keys, record, record.issued, at);
  requireFit(record, expectation);
  requireTime(record, at);
  return { record, digest, keyId: key.keyId, algorithm: key.algorithm };
}

/**
 * Reads a release record that an environment took in before, to go on with it or to take it back. That a head names it
 * is not enough, because whoever delivers writes the head. Its signature must be right, and its key must have been one
 * that might sign it when it was issued; that its time is over since does not matter.
 *
 * @throws RecordRefused with the first reason found
 */
export function readSignedRecord(file: Uint8Array, keys: KeySet, revoked: Revoked): ReleaseRecord {
  const { statement, key } = openStatement(file, keys, 'release', revoked);
  const record = recordIn(statement);
  requireAuthority(key, keys, record, record.issued, record.issued);
  return record;
}

/**
 * Reads a release record by its digest alone, without its signature: for finding out where to look, never for acting.
 *
 * @throws RecordRefused
 */
export function readPinnedRecord(file: Uint8Array, pinned: Sha256): ReleaseRecord {
  return recordIn(openPinnedStatement(file, pinned, 'release'));
}

function recordIn(statement: Statement): ReleaseRecord {
  const { verificationResult } = statement.predicate;
  if (verificationResult !== 'PASSED') {
    throw new RecordRefused(
      'not-passed',
      `The record says ${quote(verificationResult)} instead of "PASSED": this release was not let through.`,
    );
  }
  const read = releaseRecordSchema.safeParse(ownMembers(statement.predicate));
  if (!read.success) {
    const [first] = read.error.issues;
    throw new RecordRefused(
      'incomplete',
      `The record is not complete: ${first?.path.join('.') || 'the record'}: ${first?.message}. Sign and verify with the same release of the actions.`,
    );
  }
  if (!isDeepStrictEqual(statement, statementOf(read.data))) {
    throw new RecordRefused(
      'contradiction',
      'The statement does not say what its record says (subjects, summary or added members differ): it was not made by `sign`.',
    );
  }
  return read.data;
}

function requireFit({ environment, policy, sequence, previous }: ReleaseRecord, expected: Expectation): void {
  if (expected.environment !== undefined && environment.name !== expected.environment) {
    throw new RecordRefused(
      'other-environment',
      `The record is for environment ${quote(environment.name)}, not for ${quote(expected.environment)}.`,
    );
  }
  if (expected.identity !== undefined && !isDeepStrictEqual(environment.identity, { ...expected.identity })) {
    throw new RecordRefused(
      'other-identity',
      `The record is for ${placeOf(environment.identity)}; this is ${placeOf(expected.identity)}.`,
    );
  }
  if (expected.policy !== undefined && policy.digest !== expected.policy) {
    throw new RecordRefused(
      'other-policy',
      `The record stands on policy ${policy.digest}; the environment demands ${expected.policy}. Release the policy first, or decide again under it.`,
    );
  }
  if (expected.head === undefined) return;
  const next = (expected.head?.sequence ?? 0) + 1;
  if (sequence !== next || previous !== (expected.head?.digest ?? null)) {
    throw new RecordRefused(
      'not-next-in-chain',
      `The record is number ${sequence} after ${previous ?? 'none'}; the environment's next is number ${next} after ${expected.head?.digest ?? 'none'}. It was used already, or another release came between: decide again.`,
    );
  }
}

function requireTime({ issued, expires }: ReleaseRecord, at: Instant): void {
  const now = millisOf(at);
  if (millisOf(issued) > now + CLOCK_TOLERANCE_MS) {
    throw new RecordRefused(
      'issued-in-future',
      `The record was issued at ${issued}, but it is ${instantOf(now)}: the clock of the signer or of this machine is wrong.`,
    );
  }
  if (millisOf(expires) <= now) {
    throw new RecordRefused(
      'expired',
      `The record expired at ${expires}; it is ${instantOf(now)}. Decide and sign again.`,
    );
  }
}

function placeOf(identity: EnvironmentIdentity | null): string {
  if (!identity) return 'a place without identity';
  return `workload ${quote(identity.workload)} in namespace ${quote(identity.namespace)} of cluster ${quote(identity.clusterUid)}`;
}
