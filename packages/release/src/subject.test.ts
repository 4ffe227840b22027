import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { digestOf } from './sha256.ts';
import { type Artifact, changeKindsOf, isGenuine, subjectOf } from './subject.ts';

const artifact = fc.record({
  kind: fc.constantFrom('image' as const, 'config' as const),
  name: fc.constantFrom('shop/odoo', 'shop/redis', 'shop/deploy'),
  digest: fc.string().map((text) => digestOf(text)),
}) as fc.Arbitrary<Artifact>;
const parts = fc.record({
  commit: fc.constantFrom('a'.repeat(40), 'b'.repeat(64)),
  environment: fc.constantFrom('production', 'staging'),
  artifacts: fc.array(artifact, { minLength: 1, maxLength: 5 }),
  units: fc.array(fc.string({ minLength: 1 }), { minLength: 1 }),
});

describe('a subject', () => {
  it('is the same whatever the order in which its parts are told', () => {
    fc.assert(
      fc.property(parts, (told) => {
        const other = {
          ...told,
          artifacts: [...told.artifacts].reverse(),
          units: [...told.units, ...told.units].reverse(),
        };
        expect(subjectOf(other)).toEqual(subjectOf(told));
      }),
    );
  });

  it('is genuine as made, also after a way through JSON', () => {
    fc.assert(
      fc.property(parts, (told) => {
        expect(isGenuine(JSON.parse(JSON.stringify(subjectOf(told))))).toBe(true);
      }),
    );
  });

  const made = subjectOf({
    commit: 'a'.repeat(40),
    environment: 'production',
    artifacts: [{ kind: 'image', name: 'shop/odoo', digest: digestOf('1') }],
  });
  it.each([
    ['another commit', { ...made, commit: 'b'.repeat(40) }],
    ['another environment', { ...made, environment: 'staging' }],
    ['another digest', { ...made, artifacts: made.artifacts.map((one) => ({ ...one, digest: digestOf('2') })) }],
    ['one artifact more', { ...made, artifacts: [...made.artifacts, ...made.artifacts] }],
    ['another tenant', { ...made, units: { ...made.units, digest: digestOf('tenant') } }],
    ['another count', { ...made, units: { ...made.units, count: 2 } }],
    ['a borrowed digest', { ...made, release: digestOf('other') }],
    ['something added', { ...made, note: 'x' }],
  ])('is not genuine with %s', (_, changed) => expect(isGenuine(changed)).toBe(false));

  it('tells what kinds of change it brings, in a fixed order', () => {
    const of = (...kinds: Artifact['kind'][]) =>
      changeKindsOf({ artifacts: kinds.map((kind) => ({ kind, name: 'x', digest: digestOf('x') })) });
    expect(of('config', 'image', 'image')).toEqual(['application', 'infrastructure']);
    expect(of('config')).toEqual(['infrastructure']);
  });
});
