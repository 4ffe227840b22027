import { describe, expect, it } from '@jest/globals';
import { NeedsError, readNeeds } from './gather.ts';

describe('needs', () => {
  it('are read as toJSON(needs) writes them', () => {
    const jobs = {
      checks: { result: 'success', outputs: { 'a-receipt': 'x' } },
      data: { result: 'skipped', outputs: {} },
    };
    expect(readNeeds(JSON.stringify(jobs))).toEqual(jobs);
    expect(readNeeds('{"a":{"result":"cancelled"}}')).toEqual({ a: { result: 'cancelled', outputs: {} } });
  });

  it.each([
    ['', /no JSON/],
    ['needs', /no JSON/],
    ['{"a": ', /no JSON/],
    ['{}', /names no job/],
    ['[]', /names no job/],
    ['null', /names no job/],
    ['"x"', /names no job/],
    ['{"a": null}', /"a" has no result/],
    ['{"a": {"outputs": {}}}', /"a" has no result/],
    ['{"a": {"result": 1}}', /"a" has no result/],
  ])('%j are refused', (json, told) => {
    expect(() => readNeeds(json)).toThrow(NeedsError);
    expect(() => readNeeds(json)).toThrow(told);
  });
});
