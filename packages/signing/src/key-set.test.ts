import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { keySetFile, newKey } from './example-record.test-kit.ts';
import { KEY_SET_LIMIT, parseKeySet } from './key-set.ts';
import { KEY_SET_SCHEMA } from './key-set-schema.ts';

const { entry, privateKey } = newKey();
const other = newKey('ecdsa-p256').entry;
const utf8 = (text: string) => new TextEncoder().encode(text);

/** The key set with a change made to its JSON. */
function changed(change: (file: Record<string, unknown> & { keys: Record<string, unknown>[] }) => void): Uint8Array {
  const file = JSON.parse(new TextDecoder().decode(keySetFile(entry, other)));
  change(file);
  return utf8(JSON.stringify(file));
}

describe('parseKeySet', () => {
  it('reads several valid keys of both algorithms', () => {
    const { keys, testEnvironments } = parseKeySet(keySetFile(entry, other));
    expect([...keys.values()].map(({ algorithm }) => algorithm)).toEqual(['ed25519', 'ecdsa-p256']);
    expect([...testEnvironments]).toEqual(['rehearsal']);
  });

  it.each([
    [
      'another schema',
      changed((file) => Object.assign(file, { schema: 'https://tillgate.dev/key-set/v2' })),
      /is of schema .*v2/,
    ],
    ['no schema', utf8('{}'), /is of schema undefined/],
    ['null', utf8('null'), /is of schema undefined/],
    ['no keys', changed((file) => file.keys.splice(0)), /keys/],
    [
      'a misspelt revoked',
      changed(({ keys }) => Object.assign(keys[0] as object, { revokd: { at: 'x', reason: 'y' } })),
      /keys\.0.*revokd/,
    ],
    [
      'a revocation without reason',
      changed(({ keys }) => Object.assign(keys[0] as object, { revoked: { at: '2026-01-01T00:00:00Z' } })),
      /keys\.0\.revoked\.reason/,
    ],
    [
      'an unknown kind',
      changed(({ keys }) => Object.assign(keys[0] as object, { kinds: ['releases'] })),
      /keys\.0\.kinds/,
    ],
    [
      'a time without offset',
      changed(({ keys }) => Object.assign(keys[0] as object, { notAfter: '2026-01-01T00:00:00' })),
      /keys\.0\.notAfter.*offset/,
    ],
    [
      'an environment that is not listed',
      changed(({ keys }) => Object.assign(keys[0] as object, { environments: ['produktion'] })),
      /"produktion".*does not list/,
    ],
    ['one key twice', keySetFile(entry, entry), /twice/],
    [
      'one environment twice',
      changed((file) =>
        Object.assign(file, { environments: [{ name: 'production' }, { name: 'production', test: true }] }),
      ),
      /"production" twice/,
    ],
    ['the id of another key', keySetFile({ ...entry, id: other.id }), /id of another key/],
    [
      'a time of validity that never comes',
      keySetFile({ ...entry, notBefore: '2026-02-01T00:00:00Z', notAfter: '2026-01-01T00:00:00Z' }),
      /never valid/,
    ],
    ['a private key', keySetFile({ ...entry, publicKey: privateKey }), /is a private key/],
    ['a member twice', utf8(`{"schema":"${KEY_SET_SCHEMA}","keys":[],"keys":[]}`), /"keys" is given twice/],
    ['a truncated file', keySetFile(entry).slice(0, 200), /not complete JSON/],
    ['a file that is too large', new Uint8Array(KEY_SET_LIMIT + 1), /at most 262144/],
  ])('refuses %s', (_, file, says) => {
    expect(() => parseKeySet(file)).toThrow(
      expect.objectContaining({ name: 'KeySetError', message: expect.stringMatching(says) }),
    );
  });

  it('shows nothing of a private key that lies in it', () => {
    const body = privateKey.split('\n')[1] as string;
    expect(() => parseKeySet(keySetFile({ ...entry, publicKey: privateKey }))).toThrow(
      expect.objectContaining({ name: 'KeySetError', message: expect.not.stringContaining(body.slice(0, 12)) }),
    );
  });

  it('refuses whatever else it is given', () => {
    fc.assert(
      fc.property(fc.oneof(fc.json().map(utf8), fc.uint8Array()), (bytes) => {
        expect(() => parseKeySet(bytes)).toThrow(expect.objectContaining({ name: 'KeySetError' }));
      }),
    );
  });
});
