import { describe, expect, it } from '@jest/globals';
import { type Draws, drawsOf } from '../evidence/draws.test-kit.ts';
import type { Read } from '../fold/fold-series.ts';
import type { Reading } from '../fold/reading.ts';
import { TIMING } from '../fold/windows.ts';
import type { AnalysisPlan, Metric } from '../plan.ts';
import type { CountWindow } from '../step.ts';
import { type CalibrationOptions, calibrate, type Stretch } from './calibrate.ts';
import { binomial, estimate, uniformOf } from './chance.ts';
import { chartOf } from './chart.ts';
import { phiBetween } from './phi.ts';
import { worsen } from './replay.ts';
import { chooseHalf, SplitError } from './split.ts';

describe('chance', () => {
  it.each([
    [10, 0.3],
    [400, 0.01],
    [5000, 0.4],
    [60, 0.97],
  ])('draws binomials of %d at %f with the mean and the variance that they have', (count, p) => {
    const uniform = uniformOf(3);
    const all = Array.from({ length: 20_000 }, () => binomial(uniform, count, p));
    const mean = all.reduce((a, b) => a + b, 0) / all.length;
    const variance = all.reduce((a, b) => a + (b - mean) ** 2, 0) / all.length;
    const error = Math.sqrt((count * p * (1 - p)) / all.length);
    expect(Math.abs(mean - count * p)).toBeLessThan(4 * error);
    expect(variance / (count * p * (1 - p))).toBeCloseTo(1, 1);
    expect(all.every((each) => each >= 0 && each <= count && Number.isInteger(each))).toBe(true);
  });

  it('estimates shares with intervals as published: Wilson, of 10 the 2nd, 95 %', () => {
    const { low, high } = estimate(0.2, 10);
    expect([low, high].map((each) => each.toFixed(4))).toEqual(['0.0567', '0.5098']);
    expect(estimate(0, 0)).toMatchObject({ low: 0, high: 1 });
  });
});

describe('a half of the past', () => {
  const traffic = new Map(Array.from({ length: 10 }, (_, i) => [`r${i}`, i === 0 ? 1000 : 100]));

  it('is whole replicas, at random, near the share, and never all of them', () => {
    const uniform = uniformOf(1);
    const seen = new Set<string>();
    for (let turn = 0; turn < 500; turn++) {
      const half = chooseHalf(traffic, 0.2, uniform);
      expect(half.size).toBeGreaterThan(0);
      expect(half.size).toBeLessThan(10);
      for (const each of half) seen.add(each);
    }
    expect(seen.size).toBe(10);
    expect(
      chooseHalf(
        new Map([
          ['a', 1],
          ['b', 1],
        ]),
        1,
        uniform,
      ).size,
    ).toBe(1);
  });
});

const metric: Metric = {
  name: 'errors',
  unit: 'requests',
  bad: 'failed',
  test: { by: 'comparison', tolerated: 1 },
  phi: 1,
};
const windowsOf = (count: number, one: (at: number) => [number, number, number, number]): CountWindow[] =>
  Array.from({ length: count }, (_, at) => {
    const [xc, nc, xs, ns] = one(at);
    const stratum = { tenant: '', endpoint: '', candidate: { bad: [xc], total: nc }, stable: { bad: [xs], total: ns } };
    return { from: at * 15_000, to: (at + 1) * 15_000, metrics: { errors: [stratum] } };
  });

describe('phi between halves', () => {
  const of = (burst: (draws: Draws) => number, incident = 1) => {
    const draws = drawsOf(9);
    const arm = (mean: number) => {
      let bad = 0;
      for (let left = draws.poisson(mean); left > 0; left--) bad += burst(draws);
      return bad;
    };
    return phiBetween(
      Array.from({ length: 40 }, () =>
        windowsOf(240, (at) => {
          const times = at > 100 && at < 120 ? incident : 1;
          return [arm(0.4 * times), 200, arm(1.6 * times), 800];
        }),
      ),
      'errors',
    );
  };

  it('is 1 for independent errors, also where both halves had an incident', () => {
    expect(of(() => 1)).toBeCloseTo(1, 1);
    expect(of(() => 1, 20)).toBeCloseTo(1, 1);
  });

  it('is E[B^2] / E[B]: 4 for bursts of 4, 9 for geometric ones of 5', () => {
    expect(of(() => 4)).toBeCloseTo(4, 0);
    expect(Math.abs((of((draws) => draws.geometric(5)) as number) - 9)).toBeLessThan(0.7);
  });

  it('finds what is spread over windows: nearly 8 for bursts of one error a window for 8 windows', () => {
    const draws = drawsOf(4);
    const arm = (mean: number) => {
      const bad = new Array<number>(2000).fill(0);
      for (let at = 0; at < 1990; at++) {
        const begun = draws.poisson(mean);
        for (let later = at; later < at + 8; later++) bad[later] = (bad[later] as number) + begun;
      }
      return bad;
    };
    const runs = Array.from({ length: 20 }, () => {
      const [c, s] = [arm(0.1), arm(0.4)];
      return windowsOf(2000, (at) => [c[at] as number, 200, s[at] as number, 800]);
    });
    const phi = phiBetween(runs, 'errors') as number;
    expect(phi).toBeGreaterThan(6.8);
    expect(phi).toBeLessThan(9.5);
  });

  it('is not known where next to nothing bad happened', () => {
    expect(phiBetween([windowsOf(240, (at) => [at < 20 ? 1 : 0, 10, 0, 90])], 'errors')).toBeUndefined();
  });
});

describe('a candidate that is made worse', () => {
  it('fails more of its own good ones, and leaves stable alone', () => {
    const [window] = worsen(
      windowsOf(1, () => [10, 1010, 3, 500]),
      metric,
      0.1,
      uniformOf(1),
    );
    const stratum = window?.metrics.errors?.[0];
    expect(stratum?.stable).toEqual({ bad: [3], total: 500 });
    expect(Math.abs((stratum?.candidate.bad[0] as number) - 110)).toBeLessThan(40);
    expect(
      worsen(
        windowsOf(1, () => [10, 1010, 3, 500]),
        { ...metric, worse: 'lower' },
        1,
        uniformOf(1),
      )[0]?.metrics.errors?.[0]?.candidate.bad,
    ).toEqual([0]);
  });
});

describe('a calibration', () => {
  const reading: Reading = {
    metric: 'errors',
    query: 'requests_total',
    arm: { label: '', candidate: 'candidate', stable: 'stable' },
    tenant: 'tenant',
    counts: { kind: 'share', bad: { label: 'code', pattern: '5..' } },
  };
  const plan: AnalysisPlan = {
    metrics: [{ ...metric, pass: { below: 0.02 } }],
    alpha: 0.01,
    beta: 0.05,
    minimum: { seconds: 60, tenants: 1, sessions: 0 },
  };
  const options: CalibrationOptions = {
    watch: 600_000,
    split: 'instance',
    share: 0.5,
    splits: 1,
    effects: [0.5],
    seed: 1,
  };
  const HOUR = 3_600_000;
  /** 4 replicas and 2 tenants, 20 requests each in 15 s; a replica may fail. */
  const stretch = (start: number, failing?: string): Stretch => {
    const at = Array.from({ length: 64 }, (_, i) => start - 300_000 + i * 15_000);
    const reads: Read[] = [
      {
        reading,
        series: ['a', 'b', 'c', 'd'].flatMap((instance) =>
          ['berlin', 'paris'].map((tenant) => ({
            labels: { job: 'shop', instance, tenant, code: instance === failing ? '500' : '200' },
            at,
            value: at.map((_, i) => i * 20),
          })),
        ),
      },
    ];
    return { start, reads, up: [], faults: [] };
  };
  const past = (...failing: (string | undefined)[]) => failing.map((each, hour) => stretch(hour * HOUR, each));

  it('passes good releases, and tells a replica that fails from them', async () => {
    const calm = await calibrate({ plan, timing: TIMING }, past(undefined, undefined), options);
    expect(calm.asSet.alarms).toMatchObject({ starts: 2, runs: 2, passed: 1, held: 0, by: {} });
    expect(calm.phi).toEqual({ errors: undefined });
    expect(calm.measured).toBeUndefined();
    // 40 of 80 fail on the candidate, none of 80 on stable: beyond doubt in the first window, read 10 s after its end.
    expect(calm.asSet.detections).toMatchObject([{ metric: 'errors', median: 25, found: { share: 1 } }]);
    const broken = await calibrate({ plan, timing: TIMING }, past('a', 'a', 'a', 'a'), {
      ...options,
      splits: 9,
    });
    // a is in the candidate's half in about half of the splits, and fails it there only.
    expect(broken.asSet.alarms.failed.share).toBeGreaterThan(0.25);
    expect(broken.asSet.alarms.failed.share).toBeLessThan(0.75);
    expect(broken.asSet.alarms.by.errors).toBe(Math.round(broken.asSet.alarms.failed.share * 36));
  });

  it('compares tenants with each other where they are what is split', async () => {
    const found = await calibrate({ plan, timing: TIMING }, past(undefined), {
      ...options,
      split: 'tenant',
    });
    expect(found.asSet.alarms).toMatchObject({ runs: 1, passed: 1 });
    expect(found.share).toBe(0.5);
  });

  it('tells what told nothing, and refuses what cannot be split', async () => {
    const fault = { metric: 'errors', query: 'q', message: 'a page of HTML came back' };
    const { blank } = await calibrate(
      { plan, timing: TIMING },
      [{ ...stretch(0), faults: [fault] }, stretch(HOUR)],
      options,
    );
    expect(blank).toEqual([{ start: 0, because: 'errors: a page of HTML came back' }]);
    const lost = calibrate({ plan, timing: TIMING }, past(undefined), {
      ...options,
      split: 'pod',
    });
    await expect(lost).rejects.toThrow(SplitError);
  });

  it('is drawn: a step for every run that was found', async () => {
    const { asSet } = await calibrate({ plan, timing: TIMING }, past(undefined, undefined), options);
    const svg = chartOf(
      { ...asSet, detections: asSet.detections.map((each) => ({ ...each, metric: '<errors> & "more"' })) },
      600,
    );
    expect(svg.match(/H[\d.]+V[\d.]+/g)).toHaveLength(2);
    expect(svg).toContain('&lt;errors&gt; &amp;');
  });
});
