import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { merge } from './merge.ts';

describe('merge', () => {
  it.each([
    [{ a: 1, b: { c: 2, d: 3 } }, { b: { c: 4 } }, { a: 1, b: { c: 4, d: 3 } }],
    [{ a: [1, 2] }, { a: [3] }, { a: [3] }],
    [{ a: { b: 1 } }, { a: null }, { a: null }],
    [{ a: 1 }, { a: undefined }, { a: 1 }],
    [{ a: { b: 1 } }, { a: [1] }, { a: [1] }],
  ])('%j below %j', (below, above, both) => expect(merge(below, above)).toEqual(both));

  it('leaves what all objects share alone', () => {
    const hostile = JSON.parse('{"__proto__": {"polluted": 1}, "constructor": {"prototype": {"polluted": 1}}}');
    const merged = merge(merge({ __proto__: null }, hostile), hostile) as object;
    expect(({} as { polluted?: number }).polluted).toBeUndefined();
    expect(Object.getPrototypeOf(merged)).toBe(Object.prototype);
    expect(Object.hasOwn(merged, '__proto__')).toBe(true);
    expect((merged as { polluted?: number }).polluted).toBeUndefined();
  });

  it('changes neither side, and what is above wins everywhere', () => {
    const map = fc.dictionary(fc.constantFrom('a', 'b', 'c'), fc.dictionary(fc.constantFrom('x', 'y'), fc.integer()));
    fc.assert(
      fc.property(map, map, (below, above) => {
        const before = JSON.stringify([below, above]);
        const merged = merge(below, above) as Record<string, Record<string, number>>;
        expect(JSON.stringify([below, above])).toBe(before);
        for (const [key, inner] of Object.entries(above)) expect(merged[key]).toMatchObject(inner);
        for (const [key, inner] of Object.entries(below))
          for (const [name, value] of Object.entries(inner))
            expect(merged[key]?.[name]).toBe(above[key]?.[name] ?? value);
      }),
    );
  });
});
