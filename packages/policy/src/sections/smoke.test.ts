import { describe, expect, it } from '@jest/globals';
import { loadPolicy } from '../load.ts';

const load = (classes: string) => loadPolicy(Buffer.from(`smoke:\n  classes:\n${classes}`)).policy.smoke.classes;

describe('what a class asks of smoke flows', () => {
  it('is one run, and for high risk five, so that times can be compared', () => {
    const { standard, 'high-risk': high } = loadPolicy(Buffer.from('environments: {}')).policy.smoke.classes;
    expect(standard).toEqual({ flows: [], repeats: 1, maxLatencyRatio: 2, baseline: 'optional' });
    expect(high.repeats).toBe(5);
  });

  it('can be written down class by class', () => {
    const { routine } = load('    routine: { repeats: 3, baseline: required, flows: [pos-session] }');
    expect(routine).toMatchObject({ repeats: 3, baseline: 'required', flows: ['pos-session'] });
  });

  it.each([
    ['more repeats than a job has time for', 'repeats: 51', /line 3, column 16: smoke.classes.routine.repeats/],
    ['a ratio that noise exceeds', 'maxLatencyRatio: 1', /line 3, column 16: .*maxLatencyRatio/],
    ['a typing error', 'basline: required', /did you mean "baseline"/],
    ['no name of a flow', 'flows: [Sale to payment]', /must be the name of a flow/],
  ])('is refused with %s, where it stands', (_, text, reason) => {
    expect(() => load(`    routine: { ${text} }`)).toThrow(reason);
  });
});
