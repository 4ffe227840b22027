import { preAuthEncoding } from '@sigstore/core/dist/dsse.js';
import { RecordRefused } from './refusal.ts';
import { JsonError, parseStrictJson, quote } from './strict-json.ts';

/** The payload type of every record: an in-toto Statement as JSON. */
export const IN_TOTO_PAYLOAD = 'application/vnd.in-toto+json';

/** The largest envelope that is read, in bytes. A record of a thousand tenants stays far below. */
export const ENVELOPE_LIMIT = 1024 * 1024;

/** A DSSE envelope with one signature (DSSE 1.0.2, envelope.md), decoded. */
export interface Envelope {
  payloadType: string;
  payload: Uint8Array;
  /** Says which key to try; it is not covered by the signature and proves nothing. */
  keyId: string;
  signature: Uint8Array;
}

/**
 * The bytes that a DSSE signature is made over: type and payload, each with its length before it, so
 * that a signature for one type of payload is none for another (DSSE 1.0.2, protocol.md).
 */
export function signedBytes(payloadType: string, payload: Uint8Array): Uint8Array {
  return preAuthEncoding(payloadType, Buffer.from(payload.buffer, payload.byteOffset, payload.byteLength));
}

/** The one way in which an envelope is written: one line of JSON, standard base64, nothing after it. */
export function encodeEnvelope({ payloadType, payload, keyId, signature }: Envelope): Uint8Array {
  const json = JSON.stringify({
    payload: base64Of(payload),
    payloadType,
    signatures: [{ keyid: keyId, sig: base64Of(signature) }],
  });
  return new TextEncoder().encode(json);
}

/**
 * Reads an envelope and judges nothing in it. Both base64 alphabets are taken, as DSSE demands; not
 * taken are a mixture, missing or wrong padding, white space, and bits that no byte uses. Exactly one
 * signature with a key id is taken: with more, readers could disagree about which of them counts.
 *
 * @throws RecordRefused
 */
export function decodeEnvelope(bytes: Uint8Array): Envelope {
  let value: unknown;
  try {
    value = parseStrictJson(bytes, ENVELOPE_LIMIT);
  } catch (cause) {
    if (!(cause instanceof JsonError)) throw cause;
    throw new RecordRefused(cause.fault, `The record cannot be read: ${cause.message}.`);
  }
  const envelope = membersOf(value, ['payload', 'payloadType', 'signatures'], 'The envelope');
  const { signatures, payloadType } = envelope;
  if (typeof payloadType !== 'string') throw notAnEnvelope('`payloadType` is not a text');
  if (!Array.isArray(signatures)) throw notAnEnvelope('`signatures` is not a list');
  if (signatures.length !== 1) {
    throw new RecordRefused(
      'not-one-signature',
      `The envelope has ${signatures.length} signatures; a record has exactly one, so that it is clear who answers for it.`,
    );
  }
  const { keyid, sig } = membersOf(signatures[0], ['keyid', 'sig'], 'The signature');
  if (typeof keyid !== 'string' || keyid === '')
    throw notAnEnvelope('`keyid` is missing: it says which key to verify with');
  return {
    payloadType,
    payload: bytesOf(envelope.payload, 'payload'),
    keyId: keyid,
    signature: bytesOf(sig, 'sig'),
  };
}

function membersOf<K extends string>(value: unknown, names: readonly K[], what: string): Record<K, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw notAnEnvelope(`${what} is not an object`);
  const unknown = Object.keys(value).find((name) => !names.includes(name as K));
  if (unknown !== undefined) throw notAnEnvelope(`${what} has a member ${quote(unknown)} that DSSE does not know`);
  const missing = names.find((name) => !Object.hasOwn(value, name));
  if (missing !== undefined) throw notAnEnvelope(`${what} lacks \`${missing}\``);
  return value as Record<K, unknown>;
}

function bytesOf(text: unknown, member: string): Uint8Array {
  if (typeof text !== 'string') throw notAnEnvelope(`\`${member}\` is not a text`);
  const bytes = Buffer.from(text, 'base64');
  const standard = bytes.toString('base64');
  if (text !== standard && text !== standard.replaceAll('+', '-').replaceAll('/', '_')) {
    throw notAnEnvelope(`\`${member}\` is not strict base64 (padding, alphabet or white space)`);
  }
  return bytes;
}

function base64Of(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64');
}

function notAnEnvelope(cause: string): RecordRefused {
  return new RecordRefused(
    'not-an-envelope',
    `This is no signed record: ${cause}. Give the file that \`sign\` wrote, unchanged.`,
  );
}
