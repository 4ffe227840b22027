import { isDeepStrictEqual } from 'node:util';
import type { Instant, Sha256 } from '@tillgate/release';
import { type ActRecord, deliveryRecordSchema, recoveryRecordSchema } from './act-record-schema.ts';
import { type KeySet, requireAuthority } from './key-set.ts';
import { openStatement, type Revoked } from './open-statement.ts';
import { PREDICATE_TYPES } from './record-kind.ts';
import { RecordRefused } from './refusal.ts';
import { signStatement } from './sign-record.ts';
import type { Signer } from './signer.ts';
import { namedByUri, ownMembers, STATEMENT_TYPE, type Statement } from './statement.ts';

const SCHEMAS = { delivery: deliveryRecordSchema, recovery: recoveryRecordSchema } as const;

type OfKind<K extends ActRecord['kind']> = Extract<ActRecord, { kind: K }>;

/**
 * Signs the record of an act: the bytes of the record file.
 *
 * @throws RecordRefused `incomplete`, `too-large`
 */
export async function signActRecord(record: ActRecord, signer: Signer): Promise<Uint8Array> {
  return signStatement(statementOfAct(whole(record.kind, record)), signer);
}

/**
 * Verifies the record of an act: its form, its signature, and that its key may sign this kind for this
 * environment.
 *
 * @throws RecordRefused with the first reason found
 */
export function verifyActRecord<K extends ActRecord['kind']>(
  file: Uint8Array,
  keys: KeySet,
  kind: K,
  at: Instant,
): { record: OfKind<K>; digest: Sha256 } {
  const { statement, key, digest } = openStatement(file, keys, kind);
  const record = actIn(statement, kind);
  requireAuthority(key, keys, record, record.issued, at);
  return { record, digest };
}

/**
 * Reads the record of an act that ended before, with the signature of a key that might sign it then.
 * See `readSignedRecord`.
 *
 * @throws RecordRefused
 */
export function readSignedActRecord<K extends ActRecord['kind']>(
  file: Uint8Array,
  keys: KeySet,
  kind: K,
  revoked: Revoked,
): OfKind<K> {
  const { statement, key } = openStatement(file, keys, kind, revoked);
  const record = actIn(statement, kind);
  requireAuthority(key, keys, record, record.issued, record.issued);
  return record;
}

function actIn<K extends ActRecord['kind']>(statement: Statement, kind: K): OfKind<K> {
  const record = whole(kind, ownMembers(statement.predicate));
  if (!isDeepStrictEqual(statement, statementOfAct(record))) {
    throw new RecordRefused('contradiction', 'The statement does not say what its record says: it was not made here.');
  }
  return record;
}

function whole<K extends ActRecord['kind']>(kind: K, members: unknown): OfKind<K> {
  const read = SCHEMAS[kind].safeParse(members);
  if (read.success) return read.data as OfKind<K>;
  const [first] = read.error.issues;
  throw new RecordRefused(
    'incomplete',
    `The ${kind} record is not complete: ${first?.path.join('.') || 'the record'}: ${first?.message}.`,
  );
}

function statementOfAct(record: ActRecord): Statement {
  return {
    _type: STATEMENT_TYPE,
    subject: [
      { name: 'to', digest: { sha256: record.to.slice('sha256:'.length) } },
      { name: 'from', digest: { sha256: record.from.slice('sha256:'.length) } },
    ],
    predicateType: PREDICATE_TYPES[record.kind],
    predicate: namedByUri(record),
  };
}
