import { describe, expect, it } from '@jest/globals';
import { digestOf } from '@tillgate/release';
import { migrationRules } from './index.ts';

const BASIS = {
  policy: digestOf('a'),
  configuration: digestOf('c'),
  inputs: digestOf('i'),
  class: 'standard',
  mode: 'enforce',
  clock: { source: 'test', offsetMs: 0 },
} as const;

describe.each(migrationRules.map((rule) => [rule.id, rule] as const))('%s', (_, rule) => {
  it.each(rule.bad.map((example) => [example.title, example] as const))('speaks when %s', (_title, example) => {
    const findings = rule.judge(example.seen, BASIS);
    expect(findings).toHaveLength(1);
    expect(findings[0]).toMatchObject({ rule: rule.id, severity: example.severity });
    expect(findings[0]?.message).not.toMatch(/undefined|\[object/);
  });

  it.each(rule.good.map((example) => [example.title, example] as const))('is silent when %s', (_title, example) => {
    expect(rule.judge(example.seen, BASIS)).toEqual([]);
  });
});
