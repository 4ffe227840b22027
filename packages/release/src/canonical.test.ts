import { createHash } from 'node:crypto';
import { expect, it } from '@jest/globals';
import canonicalize from 'canonicalize';
import { digestOfValue } from './canonical.ts';

const sha256 = (text: string) => `sha256:${createHash('sha256').update(text, 'utf8').digest('hex')}`;

it('gives the canonical form of RFC 8785, section 3.2.2 and 3.2.3', () => {
  // Input and expected output as printed in the RFC; the bytes of the output stand in section 3.2.4.
  const input = JSON.parse(
    '{"numbers":[333333333.33333329,1E30,4.50,2e-3,0.000000000000000000000000001],"string":"\\u20ac$\\u000F\\u000aA\'\\u0042\\u0022\\u005c\\\\\\"\\/","literals":[null,true,false]}',
  );
  const printed =
    '{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],"string":"€$\\u000f\\nA\'B\\"\\\\\\\\\\"/"}';
  expect(canonicalize(input)).toBe(printed);
  expect(digestOfValue(input)).toBe(sha256(printed));
});

it('sorts members by UTF-16 code units, as the example of RFC 8785, section 3.2.3', () => {
  const input = {
    '\u20ac': 'Euro Sign',
    '\r': 'Carriage Return',
    '\ufb33': 'Hebrew Letter Dalet With Dagesh',
    '1': 'One',
    '\ud83d\ude00': 'Emoji: Grinning Face',
    '\u0080': 'Control',
    '\u00f6': 'Latin Small Letter O With Diaeresis',
  };
  const order = [
    'Carriage Return',
    'One',
    'Control',
    'Latin Small Letter O With Diaeresis',
    'Euro Sign',
    'Emoji: Grinning Face',
    'Hebrew Letter Dalet With Dagesh',
  ];
  const keys = ['"\\r"', '"1"', '"\u0080"', '"\u00f6"', '"\u20ac"', '"\ud83d\ude00"', '"\ufb33"'];
  expect(digestOfValue(input)).toBe(sha256(`{${keys.map((key, i) => `${key}:"${order[i]}"`).join(',')}}`));
});

// RFC 8785, appendix B: IEEE 754 doubles and their form.
it.each([
  ['0000000000000000', '0'],
  ['8000000000000000', '0'],
  ['0000000000000001', '5e-324'],
  ['7fefffffffffffff', '1.7976931348623157e+308'],
  ['4340000000000000', '9007199254740992'],
  ['4430000000000000', '295147905179352830000'],
  ['44b52d02c7e14af5', '9.999999999999997e+22'],
  ['44b52d02c7e14af6', '1e+23'],
  ['444b1ae4d6e2ef50', '1e+21'],
  ['3eb0c6f7a0b5ed8d', '0.000001'],
  ['41b3de4355555553', '333333333.3333332'],
  ['becbf647612f3696', '-0.0000033333333333333333'],
  ['43143ff3c1cb0959', '1424953923781206.2'],
])('number %s is %s', (bits, text) => {
  const number = Buffer.from(bits, 'hex').readDoubleBE();
  expect(digestOfValue(number)).toBe(sha256(text));
});

it.each([[Number.NaN], [Number.POSITIVE_INFINITY], [undefined], [() => 1]])('refuses %s', (value) => {
  expect(() => digestOfValue(value)).toThrow();
});

it('does not see order or absence', () => {
  expect(digestOfValue({ b: 1, a: { d: undefined, c: 2 } })).toBe(digestOfValue({ a: { c: 2 }, b: 1 }));
});
