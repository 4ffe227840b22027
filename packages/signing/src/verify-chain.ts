import { isDeepStrictEqual } from 'node:util';
import type { Instant, Sha256 } from '@tillgate/release';
import { readSignedActRecord, verifyActRecord } from './act-record.ts';
import type { ActRecord } from './act-record-schema.ts';
import type { Algorithm } from './algorithm.ts';
import type { KeySet } from './key-set.ts';
import { openSigned } from './open-statement.ts';
import type { ReleaseRecord } from './record-schema.ts';
import { RecordRefused } from './refusal.ts';
import { quote } from './strict-json.ts';
import { readSignedRecord, verifyRecord } from './verify-record.ts';

/** A record of any kind that is what it says it is. */
export interface VerifiedLink {
  record: ReleaseRecord | ActRecord;
  /** Digest of the file: what the chain knows the record by. */
  digest: Sha256;
  keyId: Sha256;
  algorithm: Algorithm;
}

/**
 * Verifies records of any kind, offline, and that each follows the one before: its number, its predecessor's digest, its
 * environment, and that an act is about the release that stands before it. The newest is judged as of `at`; those before it are history,
 * whose keys might sign them when they were issued, and whose time may be over.
 *
 * What lies before the first of them is not known, and not judged. Neither is whether the last is the newest of its
 * environment: only the environment knows.
 *
 * @param files in any order
 * @param environment undefined: of whichever environment they are
 * @returns in the order of the chain
 * @throws RecordRefused with the first reason found
 */
export function verifyChain(
  files: readonly Uint8Array[],
  keys: KeySet,
  environment: string | undefined,
  at: Instant,
): VerifiedLink[] {
  const links = files
    .map((file) => ({ file, link: historic(file, keys) }))
    .sort((a, b) => a.link.record.sequence - b.link.record.sequence);
  const newest = links.at(-1);
  if (newest) newest.link = current(newest.file, keys, at);
  const chain = links.map(({ link }) => link);
  for (const { record } of chain) requireEnvironment(record, environment);
  for (const [index, link] of chain.entries()) {
    const before = chain[index - 1];
    if (before) requireNext(link, before);
    if (link.record.kind !== 'release') requireAbout(link.record, chain.slice(0, index));
  }
  return chain;
}

/** As it was when it was the newest. */
function historic(file: Uint8Array, keys: KeySet): VerifiedLink {
  const { kind, key, digest } = openSigned(file, keys);
  const record =
    kind === 'release' ? readSignedRecord(file, keys, 'refuse') : readSignedActRecord(file, keys, kind, 'refuse');
  return { record, digest, keyId: key.keyId, algorithm: key.algorithm };
}

/** As it may be acted on now. */
function current(file: Uint8Array, keys: KeySet, at: Instant): VerifiedLink {
  const { kind, key, digest } = openSigned(file, keys);
  const { record } =
    kind === 'release'
      ? verifyRecord(
          file,
          keys,
          { environment: undefined, identity: undefined, policy: undefined, head: undefined },
          at,
        )
      : verifyActRecord(file, keys, kind, at);
  return { record, digest, keyId: key.keyId, algorithm: key.algorithm };
}

function requireEnvironment({ environment: { name } }: VerifiedLink['record'], expected: string | undefined): void {
  if (expected === undefined || name === expected) return;
  throw new RecordRefused(
    'other-environment',
    `The record is for environment ${quote(name)}, not for ${quote(expected)}.`,
  );
}

function requireNext({ record }: VerifiedLink, before: VerifiedLink): void {
  const { sequence, environment } = before.record;
  if (!isDeepStrictEqual(record.environment, environment))
    throw new RecordRefused(
      'other-identity',
      `Record ${record.sequence} is for another environment, or another place of it, than record ${sequence}: they are of two chains.`,
    );
  if (record.sequence === sequence + 1 && record.previous === before.digest) return;
  throw new RecordRefused(
    'not-next-in-chain',
    `Record ${record.sequence} follows ${record.previous ?? 'none'}; the one before it here is number ${sequence}, ${before.digest}. One is missing, or one was put in the place of another.`,
  );
}

/** An act says of which release it was; where that is among the records, it must be the newest before the act, and say the same. */
function requireAbout(act: ActRecord, before: readonly VerifiedLink[]): void {
  if (act.kind === 'delivery' && act.previous !== act.record)
    throw new RecordRefused(
      'contradiction',
      `Delivery record ${act.sequence} is about ${act.record}, but follows ${act.previous}: a delivery follows its release.`,
    );
  const release = before.findLast(({ record }) => record.kind === 'release');
  if (release?.record.kind !== 'release') return;
  const { artifacts, release: digest } = release.record.release;
  const fits =
    release.digest === act.record &&
    artifacts.some((artifact) => artifact.digest === (act.kind === 'delivery' ? act.to : act.from)) &&
    release.record.from.some((artifact) => artifact.digest === (act.kind === 'delivery' ? act.from : act.to)) &&
    (act.kind !== 'delivery' || act.release === digest);
  if (fits) return;
  throw new RecordRefused(
    'contradiction',
    `Record ${act.sequence} is about the release of ${act.record}, from ${act.from} to ${act.to}; the release before it here is ${release.digest}, which says otherwise.`,
  );
}
