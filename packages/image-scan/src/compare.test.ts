import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { compare } from './compare.ts';
import { sortedUnique, type Vulnerability } from './report/report.ts';
import { WEBP } from './rules/example-scan.ts';

const at = (path: string, key = 'a'): Vulnerability => ({ ...WEBP, key, path });
const counts = (candidate: Vulnerability[], ...baselines: Vulnerability[][]) => {
  const { new: fresh, unchanged, fixed } = compare(sortedUnique(candidate), baselines.map(sortedUnique));
  return { new: fresh.length, unchanged: unchanged.length, fixed: fixed.length };
};

describe('comparing with production', () => {
  it.each([
    ['the same', [at('x')], [[at('x')]], { new: 0, unchanged: 1, fixed: 0 }],
    ['nothing in production', [at('x')], [], { new: 1, unchanged: 0, fixed: 0 }],
    ['gone', [], [[at('x')]], { new: 0, unchanged: 0, fixed: 1 }],
    ['moved', [at('y')], [[at('x')]], { new: 0, unchanged: 1, fixed: 0 }],
    ['a second copy', [at('x'), at('y')], [[at('x')]], { new: 1, unchanged: 1, fixed: 0 }],
    ['a second copy while the first moved', [at('y'), at('z')], [[at('x')]], { new: 1, unchanged: 1, fixed: 0 }],
    ['one of two copies removed', [at('x')], [[at('x'), at('y')]], { new: 0, unchanged: 1, fixed: 0 }],
    ['another vulnerability', [at('x', 'b')], [[at('x', 'a')]], { new: 1, unchanged: 0, fixed: 1 }],
    ['in one of two images of a rollout', [at('x')], [[], [at('x')]], { new: 0, unchanged: 1, fixed: 0 }],
    [
      'two images of a rollout do not add up',
      [at('y'), at('z')],
      [[at('x')], [at('x')]],
      { new: 1, unchanged: 1, fixed: 0 },
    ],
  ])('%s', (_, candidate, baselines, expected) => {
    expect(counts(candidate, ...baselines)).toEqual(expected);
  });

  it('takes the same entry for one, however often a report has it', () => {
    expect(counts([at('x'), at('x'), at('x')], [at('x')])).toEqual({ new: 0, unchanged: 1, fixed: 0 });
  });

  it.each([
    ['in one package at a million places', (index: number) => at(`p${index}`)],
    ['of a million kinds', (index: number) => at('x', `k${index}`)],
  ])('takes a million findings %s', (_, make) => {
    const many = Array.from({ length: 1_000_000 }, (_unused, index) => make(index));
    expect(counts(many, many.slice(0, 999_000))).toEqual({ new: 1_000, unchanged: 999_000, fixed: 0 });
  });

  it('agrees with counting by hand', () => {
    const vulnerability = fc.record({ key: fc.constantFrom('a', 'b', 'c'), path: fc.constantFrom('x', 'y', 'z') });
    const report = fc.uniqueArray(vulnerability, { selector: ({ key, path }) => `${key}${path}` });
    fc.assert(
      fc.property(report, fc.array(report, { maxLength: 3 }), (candidate, baselines) => {
        const full = (list: { key: string; path: string }[]) => list.map(({ key, path }) => at(path, key));
        expect(counts(full(candidate), ...baselines.map(full))).toEqual(countedByHand(candidate, baselines));
      }),
    );
  });
});

/** The same question, asked slowly, one vulnerability after the other. */
function countedByHand(candidate: { key: string; path: string }[], baselines: { key: string; path: string }[][]) {
  const result = { new: 0, unchanged: 0, fixed: 0 };
  for (const key of ['a', 'b', 'c']) {
    const here = candidate.filter((one) => one.key === key).map(({ path }) => path);
    const there = baselines.map((list) => list.filter((one) => one.key === key).map(({ path }) => path));
    const most = Math.max(0, ...there.map((list) => list.length));
    if (here.length === 0) {
      result.fixed += most;
      continue;
    }
    const stayed = here.filter((path) => there.some((list) => list.includes(path))).length;
    const unchanged = Math.max(stayed, Math.min(here.length, most));
    result.unchanged += unchanged;
    result.new += here.length - unchanged;
  }
  return result;
}
