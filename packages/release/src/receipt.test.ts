import { gzipSync } from 'node:zlib';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { decodeReceipt, encodeReceipt, RECEIPT_LIMIT, type Receipt, ReceiptError } from './receipt.ts';
import { digestOf } from './sha256.ts';
import { VERDICT_SCHEMA } from './verdict.ts';

const RECEIPT: Receipt = {
  schema: VERDICT_SCHEMA,
  gate: 'image-scan-gate',
  outcome: 'pass',
  release: digestOf('release'),
  document: digestOf('document'),
};
const packed = (value: unknown) =>
  gzipSync(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url');

describe('a receipt', () => {
  it('comes back as it was, is small, and holds no readable word', () => {
    const encoded = encodeReceipt(RECEIPT);
    expect(decodeReceipt(encoded)).toEqual(RECEIPT);
    expect(encoded.length).toBeLessThan(RECEIPT_LIMIT);
    expect(encoded).toMatch(/^[A-Za-z0-9_-]+$/);
  });

  it('takes no more with it than its five members', () => {
    const encoded = encodeReceipt({ ...RECEIPT, note: 'x' } as Receipt);
    expect(decodeReceipt(encoded)).toEqual(RECEIPT);
    expect(decodeReceipt(packed({ ...RECEIPT, added: 'by a later version' }))).toEqual(RECEIPT);
  });

  it.each([
    ['empty', '', /masked value/],
    ['over 1 KiB', 'A'.repeat(RECEIPT_LIMIT + 1), /at most 1024/],
    ['plain base64', 'ab+/', /base64url/],
    ['a value of another output', 'pass', /unpacked/],
    [
      'a bomb: 1 KiB that unpacks to a megabyte',
      packed('0'.repeat(1_000_000)).slice(0, RECEIPT_LIMIT),
      /1024|unpacked/,
    ],
    ['a bomb in range', packed(`{"a":"${'0'.repeat(100_000)}"}`), /unpacked/],
    ['null', packed(null), /schema/],
    ['another major', packed({ ...RECEIPT, schema: 'https://tillgate.dev/verdict/v2' }), /verdict\/v2/],
    ['an endless schema', packed({ ...RECEIPT, schema: 'x'.repeat(5_000) }), /^.{0,400}$/s],
    ['an unknown outcome', packed({ ...RECEIPT, outcome: 'ok' }), /lacks/],
    ['a digest in capitals', packed({ ...RECEIPT, document: `sha256:${'A'.repeat(64)}` }), /lacks/],
    ['no gate', packed({ ...RECEIPT, gate: 5 }), /lacks/],
  ])('is refused: %s', (_, encoded, told) => {
    expect(() => decodeReceipt(encoded)).toThrow(ReceiptError);
    expect(() => decodeReceipt(encoded)).toThrow(told);
  });

  it('is refused, or is the same, when a character is cut off or exchanged', () => {
    const encoded = encodeReceipt(RECEIPT);
    fc.assert(
      fc.property(fc.nat(encoded.length - 1), fc.constantFrom(...'AZaz09_-'), (at, other) => {
        for (const changed of [encoded.slice(0, at), encoded.slice(0, at) + other + encoded.slice(at + 1)]) {
          try {
            expect(decodeReceipt(changed)).toEqual(RECEIPT); // bits that base64 or gzip do not use
          } catch (thrown) {
            if (!(thrown instanceof ReceiptError)) throw thrown;
          }
        }
      }),
    );
  });
});
