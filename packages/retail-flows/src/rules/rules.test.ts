import { describe, expect, it } from '@jest/globals';
import type { Basis } from '@tillgate/release';
import { smokeRules } from './index.ts';

const basis = { class: 'standard', mode: 'enforce' } as Basis; // no rule of this gate looks at it

describe.each(smokeRules.map((rule) => [rule.id, rule] as const))('%s', (id, rule) => {
  it.each(rule.bad.map((example) => [example.title, example] as const))('speaks: %s', (_, { seen, severity }) => {
    const found = rule.judge(seen, basis);
    expect(found.map((finding) => [finding.rule, finding.severity])).toEqual([[id, severity]]);
  });

  it.each(rule.good.map((example) => [example.title, example] as const))('is silent: %s', (_, { seen }) => {
    expect(rule.judge(seen, basis)).toEqual([]);
  });
});
