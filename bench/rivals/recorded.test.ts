import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { successRate } from '../detection/success-rate.ts';
import { readAnalysisRun } from './argo-rollouts.ts';
import { readFlaggerLog } from './flagger.ts';
import { apart, predict, sequenceOf } from './observed.ts';
import { countersOf, type Recording } from './recording.ts';
import { FLAGGER_WINDOW } from './settings.ts';

/** What `npm run bench -- rivals --quick --record=…` has seen of the real controllers. */
const recordings = readFileSync(join(import.meta.dirname, 'recorded.jsonl'), 'utf8')
  .trim()
  .split('\n')
  .map((line) => JSON.parse(line) as Recording);
const name = ({ rival, trace }: Recording) => `${rival.name}, ${trace}`;
const begunOf = ({ observed }: Recording) => observed.begun as number;
const simulated = (recording: Recording, rival = recording.rival) =>
  predict(rival, countersOf(recording.candidate), begunOf(recording), recording.until);

describe('the simulated rules, beside the real controllers', () => {
  it.each(recordings.map((recording) => [name(recording), recording] as const))(
    '%s: the same verdicts, then',
    (_, recording) => {
      const predicted = simulated(recording);
      expect(sequenceOf(predicted)).toBe(sequenceOf(recording.observed));
      expect(predicted.weights.map(({ weight }) => weight)).toEqual(
        recording.observed.weights.map(({ weight }) => weight),
      );
      expect(apart(predicted, recording.observed)).toBeLessThan(5);
    },
  );

  it('ask Prometheus’ question: the share that the controllers were told is the share that is computed', () => {
    let compared = 0;
    for (const { rival, observed, candidate } of recordings) {
      const window = rival.controller === 'flagger' ? FLAGGER_WINDOW : rival.settings.interval;
      for (const { at, share } of observed.checks) {
        if (share === undefined) continue;
        // Flagger prints two digits after the point of a percentage; Argo Rollouts tells its time in whole seconds.
        const computed = [at, at + 0.5, at + 0.999].map((time) => successRate(countersOf(candidate), time, window));
        expect(Math.min(...computed.map((each) => Math.abs((each ?? -1) - share)))).toBeLessThan(0.0002);
        compared++;
      }
    }
    expect(compared).toBeGreaterThan(20);
  });

  it('would be told apart from other rules: each of these differs from what was seen', () => {
    const differs = (change: (recording: Recording) => Recording['rival']) =>
      recordings.some((recording) => {
        const predicted = simulated(recording, change(recording));
        return sequenceOf(predicted) !== sequenceOf(recording.observed) || apart(predicted, recording.observed) > 5;
      });
    const set = (controller: 'flagger' | 'argo', settings: object) => (recording: Recording) =>
      recording.rival.controller === controller
        ? ({ ...recording.rival, settings: { ...recording.rival.settings, ...settings } } as Recording['rival'])
        : recording.rival;
    expect(differs(set('flagger', {}))).toBe(false);
    expect(differs(set('flagger', { threshold: 4 }))).toBe(true);
    expect(differs(set('flagger', { least: 0.95 }))).toBe(true);
    expect(differs(set('argo', { failureLimit: 2 }))).toBe(true);
    expect(differs(set('argo', { least: 0.9 }))).toBe(true);
    expect(differs(set('argo', { initialDelay: 30 }))).toBe(true);
  });
});

describe('what controllers say', () => {
  it('is read from Flagger’s log', () => {
    const lines = [
      'New revision detected! Scaling up shop.a',
      'Starting canary analysis for shop.a',
      'Advance shop.a canary weight 10',
      'Halt shop.a advancement success rate 97.31% < 99%',
      'Halt advancement no values found for traefik metric request-success-rate probably shop.a is not receiving traffic: no values found',
      'Advance shop.a canary weight 20',
      'Rolling back shop.a failed checks threshold reached 5',
      'Canary failed! Scaling down shop.a',
    ].map((msg, at) => ({ at, msg }));
    expect(readFlaggerLog(lines)).toEqual({
      begun: 2,
      checks: [
        { at: 3, outcome: 'bad', share: 0.9731 },
        { at: 4, outcome: 'none' },
        { at: 5, outcome: 'good' },
      ],
      weights: [
        { at: 2, weight: 10 },
        { at: 5, weight: 20 },
        { at: 6, weight: 0 },
      ],
      abortedAt: 6,
    });
  });

  it('is read from an analysis run, and a phase that nobody expects is not passed over', () => {
    const run = (phase: string) => ({
      status: { metricResults: [{ measurements: [{ phase, startedAt: '2026-01-01T00:00:01Z', value: '[0.975]' }] }] },
    });
    expect(readAnalysisRun(run('Successful'), undefined, 10).checks).toEqual([
      { at: Date.UTC(2026, 0, 1, 0, 0, 1) / 1000, outcome: 'good', share: 0.975 },
    ]);
    expect(() => readAnalysisRun(run('Inconclusive'), undefined, 10)).toThrow('Inconclusive');
  });
});
