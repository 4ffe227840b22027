import { expect, it } from '@jest/globals';
import { nearestKey } from './nearest-key.ts';

it.each([
  ['timezon', 'timezone'],
  ['TimeZone', 'timezone'],
  ['clases', 'classes'],
  ['rto', 'rto'],
  ['rtx', 'rto'],
  ['xyz', undefined],
  ['', undefined],
])('%s means %s', (key, meant) => expect(nearestKey(key, ['timezone', 'classes', 'rto'])).toBe(meant));

it('means nothing where nothing is known', () => expect(nearestKey('a', [])).toBeUndefined());
