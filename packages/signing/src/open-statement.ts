import type { Sha256 } from '@tillgate/release';
import { isSignedBy } from './algorithm.ts';
import { decodeEnvelope, ENVELOPE_LIMIT, type Envelope, encodeEnvelope, IN_TOTO_PAYLOAD, signedBytes } from './dsse.ts';
import type { KeySet, TrustedKey } from './key-set.ts';
import { PREDICATE_TYPES, RECORD_KINDS, type RecordKind } from './record-kind.ts';
import { RecordRefused } from './refusal.ts';
import { recordDigest } from './sign-record.ts';
import { kindNamedIn, STATEMENT_TYPE, type Statement } from './statement.ts';
import { JsonError, parseStrictJson, quote } from './strict-json.ts';

/** A statement whose signature and types are right. Whether its key may say this is not judged yet: see `requireAuthority`. */
export interface OpenedStatement {
  statement: Statement;
  key: TrustedKey;
  digest: Sha256;
}

/** What is done with a record whose key was revoked: only the way back accepts one, or what a stolen key brought could not be taken back. */
export type Revoked = 'refuse' | 'accept';

/**
 * Opens a record file of any kind: its form, its signature by a key of the set that is not revoked, and
 * its types. Nothing of the payload is looked at before the signature is known to be right.
 *
 * @throws RecordRefused
 */
export function openStatement(
  file: Uint8Array,
  keys: KeySet,
  kind: RecordKind,
  revoked: Revoked = 'refuse',
): OpenedStatement {
  const { envelope, key } = signedEnvelope(file, keys, revoked);
  return { statement: statementIn(envelope, kind), key, digest: recordDigest(file) };
}

/**
 * Opens a record file of whichever kind it says it is of, once its signature is known to be right.
 *
 * @throws RecordRefused
 */
export function openSigned(file: Uint8Array, keys: KeySet): OpenedStatement & { kind: RecordKind } {
  const { envelope, key } = signedEnvelope(file, keys, 'refuse');
  const kind = RECORD_KINDS.find((each) => PREDICATE_TYPES[each] === typeNamedIn(envelope)) ?? 'release';
  return { statement: statementIn(envelope, kind), kind, key, digest: recordDigest(file) };
}

function signedEnvelope(file: Uint8Array, keys: KeySet, revoked: Revoked): { envelope: Envelope; key: TrustedKey } {
  const envelope = envelopeOf(file);
  const key = keyOf(envelope, keys, revoked);
  if (!isSignedBy(key.algorithm, key.key, signedBytes(envelope.payloadType, envelope.payload), envelope.signature)) {
    throw new RecordRefused(
      'signature',
      `The signature does not fit: the record was changed after it was signed, or it was not signed with key ${key.keyId}.`,
    );
  }
  return { envelope, key };
}

/**
 * Opens a record file of which only the digest is known to be right: no signature is looked at. Good for finding out where
 * to look; nothing may be done on the strength of it.
 *
 * @throws RecordRefused
 */
export function openPinnedStatement(file: Uint8Array, pinned: Sha256, kind: RecordKind): Statement {
  const digest = recordDigest(file);
  if (digest !== pinned) {
    throw new RecordRefused(
      'not-the-pinned-record',
      `The file is ${digest}; the environment names ${pinned} as its record.`,
    );
  }
  return statementIn(envelopeOf(file), kind);
}

function envelopeOf(file: Uint8Array): Envelope {
  const envelope = decodeEnvelope(file);
  if (Buffer.compare(encodeEnvelope(envelope), file) !== 0) {
    throw new RecordRefused(
      'not-the-one-form',
      'The record file is not written as records are (one line of JSON without spaces, standard base64, no line end): something wrote it again. Its digest in the chain is over its bytes; give the file that `sign` wrote.',
    );
  }
  if (envelope.payloadType !== IN_TOTO_PAYLOAD) {
    throw new RecordRefused(
      'payload-type',
      `The payload is of type ${quote(envelope.payloadType)}; a record is ${IN_TOTO_PAYLOAD}.`,
    );
  }
  return envelope;
}

function keyOf({ keyId }: Envelope, keys: KeySet, revoked: Revoked): TrustedKey {
  const key = keys.keys.get(keyId);
  if (!key) {
    throw new RecordRefused(
      'unknown-key',
      `The record names key ${quote(keyId)}, which is not in the key set. Either the key set is old, or a stranger signed.`,
    );
  }
  if (key.revoked && revoked === 'refuse') {
    throw new RecordRefused(
      'revoked-key',
      `Key ${key.keyId} was revoked at ${key.revoked.at} (${quote(key.revoked.reason)}). Nothing it signed verifies, whenever it was issued.`,
    );
  }
  return key;
}

function payloadOf({ payload }: Envelope): unknown {
  try {
    return parseStrictJson(payload, ENVELOPE_LIMIT);
  } catch (cause) {
    if (!(cause instanceof JsonError)) throw cause;
    throw new RecordRefused(cause.fault, `The record's payload cannot be read: ${cause.message}.`);
  }
}

function typeNamedIn(envelope: Envelope): unknown {
  const value = payloadOf(envelope);
  return isObject(value) ? value.predicateType : undefined;
}

function statementIn(envelope: Envelope, kind: RecordKind): Statement {
  const value = payloadOf(envelope);
  if (!isObject(value) || value._type !== STATEMENT_TYPE || !isObject(value.predicate)) {
    throw new RecordRefused('not-a-statement', `The payload is no in-toto statement of type ${STATEMENT_TYPE}.`);
  }
  if (value.predicateType !== PREDICATE_TYPES[kind]) {
    throw new RecordRefused(
      'predicate-type',
      `The predicate is of type ${quote(value.predicateType)}; a ${kind} record is ${PREDICATE_TYPES[kind]}.`,
    );
  }
  const named = kindNamedIn(value.predicate);
  if (named !== kind)
    throw new RecordRefused('kind', `The record is of kind ${quote(named)}; a ${kind} record is needed.`);
  return value as unknown as Statement;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
