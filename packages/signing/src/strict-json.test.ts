import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { parseStrictJson, printable } from './strict-json.ts';

const bytes = (text: string) => new TextEncoder().encode(text);

describe('parseStrictJson', () => {
  it.each([
    ['a member twice', '{"a":1,"a":2}', 'duplicate-member'],
    ['a member twice, once written with an escape', '{"a":1,"\\u0061":2}', 'duplicate-member'],
    ['a member twice, far down', '{"x":[{"y":{"a":1,"b":[],"a":2}}]}', 'duplicate-member'],
    ['__proto__ twice', '{"__proto__":1,"__proto__":2}', 'duplicate-member'],
    ['cut off', '{"a":', 'not-json'],
    ['nothing', '', 'not-json'],
    ['more after the end', '{}{}', 'not-json'],
    ['a comment', '{/* */}', 'not-json'],
    ['a byte order mark', '\uFEFF{}', 'not-json'],
    ['half of a surrogate pair', '{"a":"\\ud800"}', 'not-json'],
    ['half of a surrogate pair as a name', '{"\\udc00":1}', 'not-json'],
    ['too long', `"${'x'.repeat(100)}"`, 'too-large'],
  ])('refuses %s', (_, text, fault) => {
    expect(() => parseStrictJson(bytes(text), 100)).toThrow(expect.objectContaining({ name: 'JsonError', fault }));
  });

  it('refuses bytes that are not UTF-8', () => {
    const invalid = new Uint8Array([0x22, 0xc3, 0x28, 0x22]);
    expect(() => parseStrictJson(invalid, 100)).toThrow(expect.objectContaining({ fault: 'not-json' }));
  });

  it.each([
    ['the same name in two objects', '[{"a":1},{"a":2},{"b":{"a":3},"a":4}]'],
    ['names within texts', '{"a":"\\"a\\":1,{\\\\","b":"a:a"}'],
    ['a whole surrogate pair', '{"a":"\\ud83d\\ude00"}'],
    ['the same text as name and value', '{"a":"a","b":["a","a"]}'],
  ])('reads %s', (_, text) => {
    expect(parseStrictJson(bytes(text), 1_000)).toEqual(JSON.parse(text));
  });

  it('reads what JSON.stringify writes, whatever it is', () => {
    fc.assert(
      fc.property(fc.json(), fc.nat(3), (json, indent) => {
        const text = JSON.stringify(JSON.parse(json), null, indent);
        expect(parseStrictJson(bytes(text), text.length * 4)).toEqual(JSON.parse(text));
      }),
    );
  });

  it('comes through a hundred thousand brackets', () => {
    const deep = `${'['.repeat(100_000)}${']'.repeat(100_000)}`;
    expect(() => parseStrictJson(bytes(deep), 1_000_000)).not.toThrow(RangeError);
  });
});

describe('printable', () => {
  it('shows what would move a terminal or turn text around', () => {
    expect(printable('a\u001b[2Jb\u202ec')).toBe('a\\u{1b}[2Jb\\u{202e}c');
  });
});
