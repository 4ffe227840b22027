import { createPublicKey } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { isSignedBy } from './algorithm.ts';
import { decodeEnvelope, ENVELOPE_LIMIT, encodeEnvelope, signedBytes } from './dsse.ts';

const utf8 = (text: string) => new TextEncoder().encode(text);

/** The example of DSSE 1.0.2, protocol.md, "Test Vectors". */
const PUBLISHED = {
  payloadType: 'http://example.com/HelloWorld',
  payload: 'hello world',
  pae: 'DSSEv1 29 http://example.com/HelloWorld 11 hello world',
  x: 46950820868899156662930047687818585632848591499744589407958293238635476079160n,
  y: 5640078356564379163099075877009565129882514886557779369047442380624545832820n,
  rs: 'A3JqsQGtVsJ2O2xqrI5IcnXip5GToJ3F+FnZ+O88SjtR6rDAajabZKciJTfUiHqJPcIAriEGAHTVeCUjW2JIZA==',
};

/** RFC 8032, section 7.1, TEST 1: the key that DSSE's testvectors/vectors.json calls A. */
const KEY_A = 'd75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a';

/** From DSSE's testvectors/vectors.json, by id. */
const VECTORS = [
  {
    id: 'single-signature',
    payload: 'eyJfdHlwZSI6Imh0dHBzOi8vaW4tdG90by5pby9TdGF0ZW1lbnQvdjEifQ==',
    payloadType: 'application/vnd.in-toto+json',
    sig: '2WAfaHm5jluo0w+0rk8uVkluELJYWjSmU9x7EUzx+AyteDGJ4/nqyJXfmAUVFIAoQafWm7AxBZNw5M9ixNHiCA==',
    accepted: true,
  },
  {
    id: 'url-safe-base64',
    payload: '-_-_Pj8=',
    payloadType: 'application/vnd.in-toto+json',
    sig: 'P-_KHICeR7tI6S_YyejJTRtrXhcQyQ2LYPaL8h90KjC9qN8HU_svOQ6TuDOT1HIrsGW886DbWNWcCmX5twLrAw==',
    accepted: true,
  },
  {
    id: 'payload-type-swapped',
    payload: 'eyJfdHlwZSI6Imh0dHBzOi8vaW4tdG90by5pby9TdGF0ZW1lbnQvdjEifQ==',
    payloadType: 'application/vnd.example.other+json',
    sig: '2WAfaHm5jluo0w+0rk8uVkluELJYWjSmU9x7EUzx+AyteDGJ4/nqyJXfmAUVFIAoQafWm7AxBZNw5M9ixNHiCA==',
    accepted: false,
  },
  {
    id: 'non-ascii-payload-type',
    payload: 'eyJfdHlwZSI6Imh0dHBzOi8vaW4tdG90by5pby9TdGF0ZW1lbnQvdjEifQ==',
    payloadType: 'application/vnd.exämple+json',
    sig: 'xmSk/ug66ysT7ayhkCIjhAq42zgZXSsEWuzUaNL7w2eGAdF/NU6/fRXPtmfN+5DNSAs5/i2lUnHjbbjPsu0tAw==',
    accepted: true,
  },
  {
    id: 'empty-payload',
    payload: '',
    payloadType: 'application/vnd.in-toto+json',
    sig: 'gSggCAaTLTYyRH6FIDBem6meyIynsYy8RTHVzwx9tnTb7Bg/1jMWnuVgI/gffqmbsC2VX5/jHfkkDqsj7CDbDg==',
    accepted: true,
  },
];

describe("DSSE's published vectors", () => {
  it('give the pre-authentication encoding of protocol.md', () => {
    const encoded = signedBytes(PUBLISHED.payloadType, utf8(PUBLISHED.payload));
    expect(Buffer.from(encoded).toString()).toBe(PUBLISHED.pae);
  });

  it('verify with ECDSA P-256, the raw signature of protocol.md written as DER', () => {
    const coordinate = (value: bigint) =>
      Buffer.from(value.toString(16).padStart(64, '0'), 'hex').toString('base64url');
    const jwk = { kty: 'EC', crv: 'P-256', x: coordinate(PUBLISHED.x), y: coordinate(PUBLISHED.y) };
    const key = createPublicKey({ key: jwk, format: 'jwk' });
    const bytes = signedBytes(PUBLISHED.payloadType, utf8(PUBLISHED.payload));
    expect(isSignedBy('ecdsa-p256', key, bytes, derOf(Buffer.from(PUBLISHED.rs, 'base64')))).toBe(true);
    expect(isSignedBy('ecdsa-p256', key, bytes, Buffer.from(PUBLISHED.rs, 'base64'))).toBe(false);
  });

  it.each(VECTORS)('$id', ({ payload, payloadType, sig, accepted }) => {
    const jwk = { kty: 'OKP', crv: 'Ed25519', x: Buffer.from(KEY_A, 'hex').toString('base64url') };
    const key = createPublicKey({ key: jwk, format: 'jwk' });
    const file = JSON.stringify({ payload, payloadType, signatures: [{ sig, keyid: 'A' }] });
    const envelope = decodeEnvelope(utf8(file));
    const bytes = signedBytes(envelope.payloadType, envelope.payload);
    expect(isSignedBy('ed25519', key, bytes, envelope.signature)).toBe(accepted);
  });
});

describe('decodeEnvelope', () => {
  const one = { keyid: 'k', sig: 'AAAA' };
  const file = (parts: object) =>
    utf8(JSON.stringify({ payload: 'AAAA', payloadType: 't', signatures: [one], ...parts }));

  it('reads back what encodeEnvelope writes', () => {
    const envelope = { payloadType: 't', payload: Buffer.from([0, 255, 1]), keyId: 'k', signature: Buffer.from([7]) };
    expect(decodeEnvelope(encodeEnvelope(envelope))).toEqual(envelope);
  });

  it.each([
    ['no signature', { signatures: [] }],
    ['two signatures', { signatures: [one, one] }],
  ])('refuses %s', (_, parts) => {
    expect(() => decodeEnvelope(file(parts))).toThrow(expect.objectContaining({ reason: 'not-one-signature' }));
  });

  it.each([
    ['base64 without padding', { payload: 'AA' }],
    ['base64 with bits that no byte uses', { payload: 'AB==' }],
    ['both base64 alphabets at once', { payload: '+_+_' }],
    ['base64 with white space', { payload: 'AAAA\n' }],
    ['base64 with more after it', { payload: 'AAAA====' }],
    ['a payload that is no text', { payload: 7 }],
    ['a type that is no text', { payloadType: ['t'] }],
    ['signatures that are no list', { signatures: one }],
    ['a signature that is null', { signatures: [null] }],
    ['a signature without key id', { signatures: [{ sig: 'AAAA' }] }],
    ['an empty key id', { signatures: [{ keyid: '', sig: 'AAAA' }] }],
    ['a member that DSSE does not know', { note: 'x' }],
    ['a signature with a member more', { signatures: [{ ...one, cert: 'x' }] }],
    ['no payload', { payload: undefined }],
  ])('refuses %s', (_, parts) => {
    expect(() => decodeEnvelope(file(parts))).toThrow(expect.objectContaining({ reason: 'not-an-envelope' }));
  });

  it.each([
    ['null', 'null', 'not-an-envelope'],
    ['a list', '[]', 'not-an-envelope'],
    ['a text', '"x"', 'not-an-envelope'],
    ['half a file', '{"payload":"AA', 'not-json'],
    ['a member twice', '{"payload":"AAAA","payload":"AAAB","payloadType":"t","signatures":[]}', 'duplicate-member'],
    ['5 MB', ' '.repeat(5 * ENVELOPE_LIMIT), 'too-large'],
  ])('refuses %s', (_, text, reason) => {
    expect(() => decodeEnvelope(utf8(text))).toThrow(expect.objectContaining({ name: 'RecordRefused', reason }));
  });
});

/** r and s, each 32 bytes, as the ASN.1 sequence of two integers that X9.62 defines. */
function derOf(rs: Buffer): Buffer {
  const integer = (bytes: Buffer) => {
    const content = (bytes[0] as number) >= 0x80 ? Buffer.concat([Buffer.of(0), bytes]) : bytes;
    return Buffer.concat([Buffer.of(2, content.length), content]);
  };
  const content = Buffer.concat([integer(rs.subarray(0, 32)), integer(rs.subarray(32))]);
  return Buffer.concat([Buffer.of(0x30, content.length), content]);
}
