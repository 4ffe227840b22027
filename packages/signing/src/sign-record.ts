import { randomBytes } from 'node:crypto';
import { digestOf, type Sha256 } from '@tillgate/release';
import { ENVELOPE_LIMIT, encodeEnvelope, IN_TOTO_PAYLOAD, signedBytes } from './dsse.ts';
import { type ReleaseRecord, releaseRecordSchema } from './record-schema.ts';
import { RecordRefused } from './refusal.ts';
import type { Signer } from './signer.ts';
import { type Statement, statementOf } from './statement.ts';

/**
 * Signs a release record: the bytes of the record file.
 *
 * @throws RecordRefused `incomplete` when the record is not one that would verify, `too-large`
 */
export async function signRecord(record: ReleaseRecord, signer: Signer): Promise<Uint8Array> {
  const read = releaseRecordSchema.safeParse(record);
  if (!read.success) {
    const [first] = read.error.issues;
    throw new RecordRefused(
      'incomplete',
      `This record is not signed: ${first?.path.join('.') || 'the record'}: ${first?.message}.`,
    );
  }
  return signStatement(statementOf(read.data), signer);
}

/**
 * Signs any in-toto statement: the bytes of its envelope. What the statement says is not judged.
 *
 * @throws RecordRefused `too-large`
 */
export async function signStatement(statement: Statement, signer: Signer): Promise<Uint8Array> {
  const payload = new TextEncoder().encode(JSON.stringify(statement));
  const signature = await signer.sign(signedBytes(IN_TOTO_PAYLOAD, payload));
  const file = encodeEnvelope({ payloadType: IN_TOTO_PAYLOAD, payload, keyId: signer.keyId, signature });
  if (file.length > ENVELOPE_LIMIT) {
    throw new RecordRefused(
      'too-large',
      `The signed record would have ${file.length} bytes; at most ${ENVELOPE_LIMIT} are read back. Group the tenants in \`data.units\` of which the same is true.`,
    );
  }
  return file;
}

/** What a record file is known by in the chain: the digest of its bytes, signature included. */
export function recordDigest(file: Uint8Array): Sha256 {
  return digestOf(file);
}

/** A new single-use id for a record: 128 random bits in hex. */
export function singleUseId(): string {
  return randomBytes(16).toString('hex');
}
