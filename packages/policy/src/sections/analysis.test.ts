import { describe, expect, it } from '@jest/globals';
import { loadPolicy } from '../load.ts';

const load = (yaml: string) => loadPolicy(Buffer.from(yaml), 'policy.yml').policy.analysis;
const ERRORS = `analysis:
  metrics:
    - name: errors
      query: requests_total
      share: { label: code, bad: "5.." }
`;

describe('the section analysis', () => {
  it('watches nothing unless told, and is sure to 1 % and 5 %', () => {
    expect(load('environments: {}\n')).toMatchObject({ metrics: [], alpha: 0.01, beta: 0.05, window: '15s' });
  });

  it('has metrics in the preset: server errors, refusals and latency of the add-on', () => {
    const { metrics } = load('extends: preset:odoo-retail\n');
    expect(metrics.map(({ name }) => name)).toEqual(['errors', 'refusals', 'latency']);
    expect(metrics.filter(({ pass }) => pass).map(({ name }) => name)).toEqual(['errors']);
  });

  it('takes measurements of bursts beside the metrics of a preset', () => {
    const { dispersion } = load(
      'extends: preset:odoo-retail\nanalysis: { dispersion: { measured: { errors: 3.25 } } }\n',
    );
    expect(dispersion).toEqual({ assumed: 9, measured: { errors: 3.25 } });
  });

  it('compares $candidate with $stable by the label "version"', () => {
    const { versions, metrics } = load(ERRORS);
    expect(versions).toEqual({ label: 'version', candidate: '$candidate', stable: '$stable' });
    expect(metrics[0]).toMatchObject({ tolerated: 1.2, worse: 'higher', weight: 1, unit: 'requests', bad: 'failed' });
  });

  it.each([
    [
      'a metric that counts in no way',
      'name: x\n      query: y\n',
      'needs exactly one of share, slowerThan, level; it has none',
    ],
    [
      'a metric that counts in two ways',
      'name: x\n      query: y\n      slowerThan: [1]\n      level: { above: 1 }\n',
      'it has slowerThan and level',
    ],
    ['a level without a limit', 'name: x\n      query: y\n      level: {}\n', 'needs `above` or `below`'],
    [
      'a pattern that is none',
      'name: x\n      query: y\n      share: { label: code, bad: "5(" }\n',
      'line 5, column 29: analysis.metrics.0.share.bad: is no regular expression',
    ],
    [
      'a pass at a bound that is not measured',
      'name: x\n      query: y\n      slowerThan: [1]\n      pass: { below: 0.1, slowerThan: 2 }\n',
      '2 is not in slowerThan',
    ],
    [
      'fewer as the harm of what can pass',
      'name: x\n      query: y\n      share: { label: a, bad: b }\n      worse: lower\n      pass: { below: 0.1 }\n',
      'has no pass, floor or atMost',
    ],
    ['a key that is mistyped', 'name: x\n      query: y\n      tolerate: 2\n', 'did you mean "tolerated"?'],
    [
      'a name twice',
      'name: x\n      query: y\n      slowerThan: [1]\n    - name: x\n      query: z\n      slowerThan: [1]\n',
      '"x" is used twice',
    ],
  ])('refuses %s', (_, metric, message) => {
    expect(() => load(`analysis:\n  metrics:\n    - ${metric}`)).toThrow(message);
  });

  it.each([
    ['  dispersion: { measured: { error: 2 } }\n', 'is no metric of this policy; there are errors'],
    ['  dispersion: { measured: { errors: 0.5 } }\n', 'analysis.dispersion.measured.errors: Too small'],
    ['  minimum: { sessions: 5 }\n', 'says no query that counts them'],
    ['  patience: 10s\n', 'analysis.patience: is shorter than a window'],
    ['  warmUp: 10m\n', 'analysis.lookback: is shorter than warmUp and twice patience'],
    ['  window: 0s\n', 'analysis.window: must be longer than nothing'],
    ['  alpha: 1\n', 'analysis.alpha: Too big'],
  ])('refuses %j', (more, message) => {
    expect(() => load(ERRORS + more)).toThrow(message);
  });
});
