import { expect, it } from '@jest/globals';
import { failedWith, reasonOf } from './frame.ts';

const throwing = new Proxy(
  {},
  {
    get: () => {
      throw new Error('again');
    },
  },
);
const { proxy: revoked, revoke } = Proxy.revocable({}, {});
revoke();

it.each([
  ['an error', new Error('it broke'), 'it broke'],
  ['a text', 'it broke', 'it broke'],
  ['what looks like an error', { message: 'it broke' }, 'it broke'],
  ['undefined', undefined, 'it threw undefined'],
  ['null', null, '[object Null]'],
  ['a number', 7, '[object Number]'],
  ['an empty text', '', '[object String]'],
  ['an error that says nothing', new Error(''), '[object Error]'],
  ['a symbol', Symbol('x'), '[object Symbol]'],
  ['an object without prototype', Object.create(null), '[object Object]'],
  ['a message that is none', { message: { deep: 1 } }, '[object Object]'],
  ['what throws when it is looked at', throwing, 'cannot be read'],
  ['a revoked proxy', revoked, 'cannot be read'],
])('%s is told, and is never green', (_, thrown, told) => {
  expect(reasonOf(thrown)).toContain(told);
  expect(failedWith(thrown)).toMatchObject({ outcome: 'inconclusive', green: false });
});
