import { type Instant, millisOf, type Sha256 } from '@tillgate/release';
import type { KeyEntry } from './key-set-schema.ts';
import { KEY_SET_SCHEMA, keySetSchema } from './key-set-schema.ts';
import { KeyError } from './pem.ts';
import { type PublicKey, publicKeyFromPem } from './public-key.ts';
import type { RecordHead } from './record-kind.ts';
import { RecordRefused, type Refusal } from './refusal.ts';
import { JsonError, parseStrictJson, printable, quote } from './strict-json.ts';

/** A key with what it may sign. */
export type TrustedKey = PublicKey &
  Pick<KeyEntry, 'environments' | 'kinds' | 'notBefore' | 'notAfter' | 'revoked' | 'test'>;

/** The keys that records are verified with. */
export interface KeySet {
  keys: ReadonlyMap<string, TrustedKey>;
  /** Names of the environments in which test keys are believed. */
  testEnvironments: ReadonlySet<string>;
}

/** Raised when a key set cannot be used; then nothing verifies. */
export class KeySetError extends Error {
  override readonly name = 'KeySetError';

  constructor(message: string) {
    super(printable(message));
  }
}

/** The largest key set that is read, in bytes. */
export const KEY_SET_LIMIT = 256 * 1024;

/**
 * Reads a key set from a file's bytes. One bad key makes the whole set unusable: which of the others
 * were meant to be in force cannot be known.
 *
 * @throws KeySetError
 */
export function parseKeySet(bytes: Uint8Array): KeySet {
  const { environments, keys } = readFile(bytes);
  const names = environments.map(({ name }) => name);
  refuseTwice(names, 'environment');
  refuseTwice(
    keys.map(({ id }) => id),
    'key',
  );
  for (const { id, environments } of keys) {
    const strange = environments.find((name) => !names.includes(name));
    if (strange !== undefined) {
      throw new KeySetError(
        `Key ${id} names the environment ${quote(strange)}, which the key set does not list. It lists: ${names.map(quote).join(', ')}.`,
      );
    }
  }
  return {
    keys: new Map(keys.map((entry) => [entry.id, trusted(entry)])),
    testEnvironments: new Set(environments.filter(({ test }) => test === true).map(({ name }) => name)),
  };
}

/**
 * Refuses a key that must not have signed this record.
 *
 * Its time of validity is judged twice: when the record was issued, by the record's own word, and now. An
 * expired key in the wrong hands could write any time of issue.
 *
 * @throws RecordRefused
 */
export function requireAuthority(
  key: TrustedKey,
  keys: KeySet,
  head: Pick<RecordHead, 'kind' | 'environment'>,
  issued: Instant,
  at: Instant,
): void {
  const { name } = head.environment;
  const refuse = (reason: Refusal, why: string) => {
    throw new RecordRefused(reason, `Key ${key.keyId} ${why}.`);
  };
  if (key.test === true && !keys.testEnvironments.has(name)) {
    refuse('test-key', `is a test key, and environment ${quote(name)} is not marked test`);
  }
  if (!key.environments.includes(name)) {
    refuse(
      'key-environment',
      `may not sign for environment ${quote(name)}, only for ${key.environments.map(quote).join(', ')}`,
    );
  }
  if (!key.kinds.includes(head.kind)) {
    refuse('key-kind', `may not sign ${head.kind} records, only ${key.kinds.join(', ')}`);
  }
  for (const [when, moment] of [
    ['when the record was issued', issued],
    ['now', at],
  ] as const) {
    const millis = millisOf(moment);
    if (key.notBefore !== undefined && millis < millisOf(key.notBefore)) {
      refuse('key-not-yet-valid', `is valid from ${key.notBefore} on; ${when} it was ${moment}`);
    }
    if (key.notAfter !== undefined && millis >= millisOf(key.notAfter)) {
      refuse('key-expired', `was valid until ${key.notAfter}; ${when} it was ${moment}`);
    }
  }
}

function readFile(bytes: Uint8Array) {
  let value: unknown;
  try {
    value = parseStrictJson(bytes, KEY_SET_LIMIT);
  } catch (cause) {
    if (!(cause instanceof JsonError)) throw cause;
    throw new KeySetError(`The key set cannot be read: ${cause.message}.`);
  }
  const schema = (value as { schema?: unknown } | null)?.schema;
  if (schema !== KEY_SET_SCHEMA)
    throw new KeySetError(`The key set is of schema ${quote(schema)}; this version reads ${KEY_SET_SCHEMA}.`);
  const read = keySetSchema.safeParse(value);
  if (read.success) return read.data;
  const [first] = read.error.issues;
  throw new KeySetError(`The key set is not usable: ${first?.path.join('.') || 'the file'}: ${first?.message}.`);
}

function trusted({ id, publicKey, description: _, ...authority }: KeyEntry): TrustedKey {
  let read: PublicKey;
  try {
    read = publicKeyFromPem(publicKey, `Key ${id}`);
  } catch (cause) {
    if (!(cause instanceof KeyError)) throw cause;
    throw new KeySetError(cause.message);
  }
  if (read.keyId !== (id as Sha256))
    throw new KeySetError(`Key ${id} has the id of another key: the public key given has ${read.keyId}.`);
  if (
    authority.notBefore !== undefined &&
    authority.notAfter !== undefined &&
    millisOf(authority.notBefore) >= millisOf(authority.notAfter)
  ) {
    throw new KeySetError(
      `Key ${id} is never valid: notBefore ${authority.notBefore} is not before notAfter ${authority.notAfter}.`,
    );
  }
  return { ...read, ...authority };
}

function refuseTwice(names: readonly string[], what: string): void {
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined)
    throw new KeySetError(
      `The key set lists the ${what} ${quote(twice)} twice; which of the two is meant cannot be known.`,
    );
}
