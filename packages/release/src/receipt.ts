import { gunzipSync, gzipSync } from 'node:zlib';
import type { GateName } from './facts.ts';
import { isSha256, type Sha256 } from './sha256.ts';
import { VERDICT_SCHEMA } from './verdict.ts';
import { OUTCOMES, type Outcome } from './words.ts';

/** The largest receipt, in bytes of its encoded form: it travels in job outputs and environment variables. */
export const RECEIPT_LIMIT = 1024;

/** What of a verdict travels between jobs. The document itself is a file, bound by its digest. */
export interface Receipt {
  schema: typeof VERDICT_SCHEMA;
  gate: GateName;
  outcome: Outcome;
  release: Sha256;
  /** Digest of the document's bytes. */
  document: Sha256;
}

/** Raised when a receipt cannot be read; the message names the likely cause. */
export class ReceiptError extends Error {
  override readonly name = 'ReceiptError';
}

/** A receipt as a job output carries it: base64url of gzipped JSON, so that no masked word can occur in it. */
export function encodeReceipt(receipt: Receipt): string {
  const { schema, gate, outcome, release, document } = receipt;
  const encoded = gzipSync(JSON.stringify({ schema, gate, outcome, release, document })).toString('base64url');
  if (encoded.length > RECEIPT_LIMIT)
    throw new ReceiptError(`The receipt has ${encoded.length} bytes; at most ${RECEIPT_LIMIT} may travel.`);
  return encoded;
}

/**
 * Reads a receipt. Unknown members are ignored; size is bounded before and after unpacking.
 *
 * @throws ReceiptError
 */
export function decodeReceipt(encoded: string): Receipt {
  if (encoded.length === 0) {
    throw new ReceiptError(
      'The receipt is empty. GitHub drops a job output that contains a masked value; look for a warning "Skip output since it may contain secret" in the log of the job.',
    );
  }
  if (encoded.length > RECEIPT_LIMIT || !/^[A-Za-z0-9_-]+$/.test(encoded)) {
    throw new ReceiptError(
      'This is no receipt: a receipt is base64url and has at most 1024 bytes. Pass the output `receipt` of the gate unchanged.',
    );
  }
  let value: Record<string, unknown>;
  try {
    value = JSON.parse(
      gunzipSync(Buffer.from(encoded, 'base64url'), { maxOutputLength: 8 * RECEIPT_LIMIT }).toString('utf8'),
    );
  } catch (cause) {
    throw new ReceiptError('The receipt cannot be unpacked: it was cut or changed on its way.', { cause });
  }
  const { schema, gate, outcome, release, document } = value ?? {};
  if (schema !== VERDICT_SCHEMA) {
    throw new ReceiptError(
      `The receipt is of schema ${JSON.stringify(schema)?.slice(0, 80)}; this version reads ${VERDICT_SCHEMA}. Use the same release of the actions everywhere.`,
    );
  }
  if (typeof gate !== 'string' || !OUTCOMES.includes(outcome as Outcome) || !isSha256(release) || !isSha256(document)) {
    throw new ReceiptError('The receipt lacks a gate, an outcome or a digest: it was not written by a gate.');
  }
  return { schema, gate: gate as GateName, outcome: outcome as Outcome, release, document };
}
