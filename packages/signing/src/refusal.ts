import { printable } from './strict-json.ts';

/** Why a record is refused. Programs branch on these; people read the message. */
export const REFUSALS = [
  // the file
  'too-large',
  'not-json',
  'duplicate-member',
  'not-an-envelope',
  'not-one-signature',
  'not-the-one-form',
  'payload-type',
  // the key and its signature
  'unknown-key',
  'revoked-key',
  'signature',
  'test-key',
  'key-kind',
  'key-environment',
  'key-not-yet-valid',
  'key-expired',
  // the statement
  'not-a-statement',
  'predicate-type',
  'kind',
  'not-passed',
  'incomplete',
  'contradiction',
  // its place and time
  'other-environment',
  'other-identity',
  'other-policy',
  'not-next-in-chain',
  'not-the-pinned-record',
  'issued-in-future',
  'expired',
] as const;
export type Refusal = (typeof REFUSALS)[number];

/** Raised when a record must not be acted on; nothing of the record may be used then. */
export class RecordRefused extends Error {
  override readonly name = 'RecordRefused';
  readonly reason: Refusal;

  constructor(reason: Refusal, message: string, options?: ErrorOptions) {
    super(printable(message), options);
    this.reason = reason;
  }
}
