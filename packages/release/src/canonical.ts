import canonicalize from 'canonicalize';
import { digestOf, type Sha256 } from './sha256.ts';

/**
 * The digest of a value rather than of a file: SHA-256 over its RFC 8785 canonical JSON, so that
 * key order and white space do not matter. Undefined members are left out, as JSON does.
 *
 * @throws TypeError when the value has no JSON form (NaN, Infinity, a function, undefined itself).
 */
export function digestOfValue(value: unknown): Sha256 {
  const json = canonicalize(value);
  if (json === undefined) throw new TypeError('This value has no JSON form, so it has no digest.');
  return digestOf(json);
}
