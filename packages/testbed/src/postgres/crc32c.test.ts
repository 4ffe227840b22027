import { describe, expect, it } from '@jest/globals';
import { crc32c } from './crc32c.ts';

describe('CRC-32C', () => {
  it.each([
    // RFC 3720, appendix B.4
    ['32 bytes of zeroes', Buffer.alloc(32), 0x8a9136aa],
    ['32 bytes of ones', Buffer.alloc(32, 0xff), 0x62a8ab43],
    ['32 incrementing bytes', Buffer.from(Array.from({ length: 32 }, (_, index) => index)), 0x46dd794e],
    // the check value of the CRC catalogue
    ['"123456789"', Buffer.from('123456789'), 0xe3069283],
  ])('of %s', (_, bytes, expected) => {
    expect(crc32c(bytes)).toBe(expected);
  });
});
