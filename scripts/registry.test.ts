import { describe, expect, it } from '@jest/globals';
import { digestOf } from '@tillgate/release';
import { actions } from './registry.ts';

const BASIS = {
  policy: digestOf('policy'),
  configuration: digestOf('configuration'),
  inputs: digestOf('inputs'),
  class: 'standard',
  mode: 'enforce',
  clock: { source: 'test', offsetMs: 0 },
} as const;

const entries = await actions();
const rules = entries.flatMap((entry) => entry.rules.map((rule) => ({ action: entry.folder, rule })));

describe.each(rules)('$rule.id', ({ rule }) => {
  it.each(rule.bad.map((example) => [example.title, example] as const))('speaks: %s', (_, { seen, severity }) => {
    const findings = rule.judge(seen, BASIS);
    expect(findings.length).toBeGreaterThan(0);
    expect(findings.map((finding) => finding.rule)).toEqual(findings.map(() => rule.id));
    if (severity !== undefined) expect(findings.map((finding) => finding.severity)).toContain(severity);
  });

  it.each(rule.good.map((example) => [example.title, example] as const))('stays silent: %s', (_, { seen }) => {
    expect(rule.judge(seen, BASIS)).toEqual([]);
  });

  it('is explained, with examples of both kinds', () => {
    for (const text of [rule.meaning, rule.why, rule.remedy]) expect(text).toMatch(/^[A-Z`].*[.]$/s);
    expect(rule.bad.length).toBeGreaterThan(0);
    expect(rule.good.length).toBeGreaterThan(0);
  });
});

it('gives every rule an id of its own', () => {
  const ids = rules.map(({ rule }) => rule.id);
  expect(new Set(ids).size).toBe(ids.length);
});
