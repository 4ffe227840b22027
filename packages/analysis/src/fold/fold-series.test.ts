import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { AnalysisPlan } from '../plan.ts';
import { beginAnalysis } from '../state.ts';
import { fold } from '../step.ts';
import { foldSeries, type Read } from './fold-series.ts';
import type { Reading } from './reading.ts';
import type { Series } from './series.ts';
import { TIMING } from './windows.ts';

const S = 1000;
const T0 = 1_800_000_000 * S;
const reading: Reading = {
  metric: 'errors',
  query: 'requests_total',
  arm: { label: 'version', candidate: 'v2', stable: 'v1' },
  tenant: 'tenant',
  counts: { kind: 'share', bad: { label: 'code', pattern: '5..' } },
};
const series = (
  labels: Record<string, string>,
  samples: readonly (readonly [seconds: number, value: number])[],
): Series => ({
  labels: { job: 'traefik', instance: 'a', tenant: 'berlin', version: 'v2', code: '200', ...labels },
  at: samples.map(([seconds]) => T0 + seconds * S),
  value: samples.map(([, value]) => value),
});
const every = (seconds: number, until: number, value: (at: number) => number): [number, number][] =>
  Array.from({ length: Math.floor(until / seconds) + 1 }, (_, i) => [i * seconds, value(i * seconds)]);
const read = (...all: Series[]): Read => ({ reading, series: all });
/** Candidate's [bad, total] and stable's, window by window. */
const counts = (reads: readonly Read[], now: number, cursor = 0, more: Parameters<typeof foldSeries>[4] = []) => {
  const { windows, faults } = foldSeries(reads, T0 + cursor * S, T0 + now * S, TIMING, more);
  expect(faults).toEqual([]);
  return windows.map(({ to, metrics }) => {
    const sum = (arm: 'candidate' | 'stable') => {
      const strata = metrics.errors ?? [];
      const bad = strata.reduce((all, each) => all + (each[arm].bad[0] as number), 0);
      return [bad, strata.reduce((all, each) => all + each[arm].total, 0)];
    };
    return [(to - T0) / S, ...sum('candidate'), ...sum('stable')];
  });
};

describe('folding counters into windows', () => {
  it('counts what they grew by, version by version, once the window has settled', () => {
    const v2 = series(
      {},
      every(15, 60, (at) => 100 + at),
    );
    const v1 = series(
      { version: 'v1' },
      every(15, 60, (at) => 7 + 9 * at),
    );
    expect(counts([read(v2, v1)], 54)).toEqual([
      [15, 0, 15, 0, 135],
      [30, 0, 15, 0, 135],
    ]);
    expect(counts([read(v2, v1)], 55)).toHaveLength(3);
  });

  it('counts from zero after a restart', () => {
    const v2 = series({}, [
      [0, 1000],
      [15, 1010],
      [30, 4],
      [45, 9],
    ]);
    expect(counts([read(v2)], 60).map(([, , total]) => total)).toEqual([10, 4, 5]);
  });

  it('does not lose the first error ever: its series begins with it', () => {
    const v2 = series(
      {},
      every(15, 45, (at) => at),
    );
    const first = series({ code: '500' }, [
      [30, 3],
      [45, 3],
    ]);
    expect(counts([read(v2, first)], 60)).toEqual([
      [15, 0, 15, 0, 0],
      [30, 3, 18, 0, 0],
      [45, 0, 15, 0, 0],
    ]);
  });

  it('takes of a target that was never heard before a starting point only', () => {
    const late = series({ instance: 'b' }, [
      [30, 5000],
      [45, 5010],
    ]);
    expect(
      counts(
        [
          read(
            series(
              {},
              every(15, 45, () => 0),
            ),
            late,
          ),
        ],
        60,
      ).map(([, , total]) => total),
    ).toEqual([0, 0, 10]);
  });

  it('counts all of a target that was scraped before it had anything to count', () => {
    const first = series({ pod: 'new' }, [
      [30, 19],
      [45, 20],
    ]);
    const up: Series = { labels: { job: 'traefik', instance: 'a' }, at: [T0 + 5 * S, T0 + 15 * S], value: [0, 1] };
    const total = (...alive: Series[]) =>
      foldSeries([read(first)], T0, T0 + 60 * S, TIMING, [], alive)
        .windows.flatMap(({ metrics }) => metrics.errors ?? [])
        .reduce((sum, { candidate }) => sum + candidate.total, 0);
    expect([total(), total(up), total({ ...up, value: [0, 0] })]).toEqual([1, 20, 1]);
  });

  it('adds replicas of Traefik, and goes on when one of them has gone', () => {
    const [a, b] = [
      series(
        {},
        every(15, 180, (at) => at),
      ),
      series(
        { instance: 'b' },
        every(15, 30, (at) => at),
      ),
    ];
    // Until b is given up, 60 s after its last scrape, its windows are joined.
    expect(counts([read(a, b)], 120)).toEqual([
      [15, 0, 30, 0, 0],
      [30, 0, 30, 0, 0],
      [90, 0, 60, 0, 0],
      [105, 0, 15, 0, 0],
    ]);
  });

  it('joins windows over a missed scrape, so that both versions are counted over the same time', () => {
    const v2 = series(
      {},
      every(15, 75, (at) => at).filter(([at]) => at !== 30),
    );
    const v1 = series(
      { version: 'v1', instance: 'b' },
      every(15, 75, (at) => 2 * at),
    );
    expect(counts([read(v2, v1)], 85)).toEqual([
      [15, 0, 15, 0, 30],
      [45, 0, 30, 0, 60],
      [60, 0, 15, 0, 30],
      [75, 0, 15, 0, 30],
    ]);
  });

  it('joins nothing across an absence of Prometheus that is longer than it looks back', () => {
    const away = [
      [0, 0],
      [15, 15],
      [600, 60_000],
      [615, 60_015],
    ] as const;
    const totals = counts([read(series({}, away))], 630).map(([, , total]) => total);
    expect(totals.reduce((a, b) => (a as number) + (b as number), 0)).toBe(30);
  });

  it('leaves out a pod that warms up, while it does', () => {
    const v2 = series(
      { pod: 'new' },
      every(15, 60, (at) => at),
    );
    const warm = [{ label: 'pod', value: 'new', from: T0, until: T0 + 20 * S }];
    expect(counts([read(v2)], 70, 0, warm).map(([, , total]) => total ?? 0)).toEqual([0, 0, 15, 15]);
  });

  it('leaves out the first minutes of each database on each pod, by what was scraped alone', () => {
    const warm: Reading = { ...reading, warmUp: { labels: ['tenant'], lasts: 60 * S } };
    const of = (all: readonly Series[], now: number) =>
      foldSeries([{ reading: warm, series: all }], T0, T0 + now * S, TIMING).windows.map(({ to, metrics }) => [
        (to - T0) / S,
        ...(metrics.errors ?? []).map(({ tenant, candidate }) => `${tenant} ${candidate.total}`),
      ]);
    const long = every(15, 420, (at) => at).map(([at, value]) => [at - 300, value] as const);
    // berlin is warm since long; paris is asked for at 30 s, and the pod restarts at 105 s.
    const berlin = series({}, long);
    const paris = series(
      { tenant: 'paris' },
      [30, 45, 60, 75, 90, 105, 120].map((at) => [at, 1000 + at] as const),
    );
    expect(of([berlin, paris], 130)).toEqual([
      [15, 'berlin 15'],
      [30, 'berlin 15'],
      [45, 'berlin 15'],
      [60, 'berlin 15'],
      [75, 'berlin 15'],
      [90, 'berlin 15'],
      [105, 'berlin 15', 'paris 15'],
      [120, 'berlin 15', 'paris 15'],
    ]);
    const restarted = series(
      {},
      long.map(([at, value]) => [at, at < 60 ? value : at] as const),
    );
    expect(of([restarted], 130).map(([, each]) => each)).toEqual(['berlin 15', 'berlin 15', 'berlin 15', ...Array(5)]);
    expect(() =>
      foldSeries(
        [{ reading: { ...warm, warmUp: { labels: [], lasts: 200 * S } }, series: [berlin] }],
        T0,
        T0 + 90 * S,
        TIMING,
      ),
    ).toThrow('lookback must be at least the warm-up and two times patience');
  });

  it('reads a histogram as shares that are slower than each bound', () => {
    const buckets: Reading = { ...reading, metric: 'latency', counts: { kind: 'buckets', slowerThan: [0.1, 0.5] } };
    const of = (le: string, per: number) =>
      series(
        { le },
        every(15, 15, (at) => (at / 15) * per),
      );
    const { windows } = foldSeries(
      [{ reading: buckets, series: [of('0.1', 70), of('0.5', 95), of('+Inf', 100)] }],
      T0,
      T0 + 25 * S,
      TIMING,
    );
    expect(windows[0]?.metrics.latency?.[0]?.candidate).toEqual({ total: 100, bad: [30, 5] });
  });

  it('reads a level once a window, as a reading beyond its limit or not', () => {
    const lag: Reading = { ...reading, metric: 'lag', counts: { kind: 'level', above: 300 } };
    const level = series({}, [
      [5, 900],
      [14, 10],
      [20, 301.5],
      [44, -1],
    ]);
    const { windows } = foldSeries([{ reading: lag, series: [level] }], T0, T0 + 60 * S, TIMING);
    expect(windows.map(({ to, metrics }) => [(to - T0) / S, metrics.lag?.[0]?.candidate])).toEqual([
      [15, { total: 1, bad: [0] }],
      [30, { total: 1, bad: [1] }],
      [45, { total: 1, bad: [0] }],
    ]);
  });
});

const plan: AnalysisPlan = {
  metrics: [
    {
      name: 'errors',
      unit: 'requests',
      bad: 'failed',
      test: { by: 'comparison', tolerated: 1.2 },
      phi: 1.7,
      pass: { below: 0.02 },
    },
  ],
  alpha: 0.01,
  beta: 0.05,
  minimum: { seconds: 60, tenants: 1, sessions: 0 },
};

describe('a reader that is cut off and resumes', () => {
  /** Scrapes at odd moments, some missing, restarts, series that appear late. */
  const messy = fc.record({
    every: fc.constantFrom(5, 7, 13, 15),
    grows: fc.array(
      fc.record({ by: fc.integer({ min: 0, max: 90 }), restart: fc.boolean(), lost: fc.integer({ min: 0, max: 5 }) }),
      { minLength: 5, maxLength: 60 },
    ),
    begins: fc.integer({ min: 0, max: 60 }),
  });
  const toSeries = (
    labels: Record<string, string>,
    {
      every: step,
      grows,
      begins,
    }: { every: number; grows: readonly { by: number; restart: boolean; lost: number }[]; begins: number },
  ) => {
    let value = 0;
    const samples: [number, number][] = [];
    grows.forEach(({ by, restart, lost }, i) => {
      value = restart && by > 80 ? by : value + by;
      if (lost > 0) samples.push([begins + i * step, value]);
    });
    return series(labels, samples);
  };

  it.each<[string, Partial<Reading>]>([
    ['', {}],
    [', where pods and databases warm up', { warmUp: { labels: ['tenant'], lasts: 30 * S } }],
  ])('ends with the same bits at every window as one that was not%s', (_, more) => {
    const read = (...all: Series[]): Read => ({ reading: { ...reading, ...more }, series: all });
    fc.assert(
      fc.property(fc.array(messy, { minLength: 4, maxLength: 4 }), ([a, b, c, d]) => {
        const all = [
          toSeries({}, a as never),
          toSeries({ code: '503' }, b as never),
          toSeries({ version: 'v1', instance: 'b' }, c as never),
          toSeries({ version: 'v1', instance: 'b', code: '500' }, d as never),
        ].filter(({ at }) => at.length > 0);
        const end = T0 + 1000 * S;
        const whole = fold(plan, beginAnalysis(plan, T0), foldSeries([read(...all)], T0, end, TIMING).windows);
        // Once more, a look every 5 s, each seeing only what lies around its cursor, through JSON each time.
        let state = beginAnalysis(plan, T0);
        for (let now = T0; now <= end; now += 5 * S) {
          const seen = all.map(({ labels, at, value }) => {
            const there = at.map((time) => time > state.cursor - TIMING.lookback && time <= now);
            return { labels, at: at.filter((_, i) => there[i]), value: value.filter((_, i) => there[i]) };
          });
          const live = seen.filter(({ at }) => at.length > 0);
          const { windows } = foldSeries([read(...live)], state.cursor, now, TIMING);
          state = JSON.parse(JSON.stringify(fold(plan, state, windows)));
        }
        expect(state.metrics).toEqual(whole.metrics);
        expect(state.compared).toBe(whole.compared);
      }),
      { numRuns: 60, seed: 3 },
    );
  });

  it.each([
    ['is lost', 134, 180 - 90],
    ['is not counted twice, where what followed it has told it already', 147, 180],
  ])('what reaches Prometheus after its window was folded %s', (_, arrives, counted) => {
    const [late, other] = [
      series(
        {},
        every(15, 180, (at) => at),
      ),
      series(
        { version: 'v1', instance: 'b' },
        every(15, 180, (at) => at),
      ),
    ];
    // Samples of 45 s to 120 s are held up by a remote writer. After 60 s their target is not waited for.
    const seenAt = (now: number) => {
      const heldUp = (time: number) => now < arrives && time >= T0 + 45 * S && time <= T0 + 120 * S;
      const there = late.at.map((time) => time <= T0 + now * S && !heldUp(time));
      return { ...late, at: late.at.filter((_, i) => there[i]), value: late.value.filter((_, i) => there[i]) };
    };
    let [cursor, total] = [T0, 0];
    for (let now = 0; now <= 195; now++) {
      const { windows } = foldSeries([read(seenAt(now), other)], cursor, T0 + now * S, TIMING);
      cursor = windows.at(-1)?.to ?? cursor;
      for (const { metrics } of windows) for (const { candidate } of metrics.errors ?? []) total += candidate.total;
    }
    expect(total).toBe(counted);
  });

  it('cannot count a window twice, nor under another plan', () => {
    const { windows } = foldSeries(
      [
        read(
          series(
            {},
            every(15, 30, (at) => at),
          ),
        ),
      ],
      T0,
      T0 + 60 * S,
      TIMING,
    );
    const once = fold(plan, beginAnalysis(plan, T0), windows);
    expect(() => fold(plan, once, windows)).toThrow('is folded already');
    expect(() => fold({ ...plan, alpha: 0.05 }, once, [])).toThrow('another plan');
  });
});

describe('what is no evidence is said to be none', () => {
  const good = series(
    {},
    every(15, 30, (at) => at),
  );
  const fault = (all: readonly Series[], of: Reading = reading) =>
    foldSeries([{ reading: of, series: all }], T0, T0 + 60 * S, TIMING).faults[0]?.message;

  it.each<[string, readonly Series[], string]>([
    ['an empty vector', [], 'The answer is empty'],
    ['a constant', [{ labels: {}, at: [T0], value: [0] }], 'like a constant such as vector(0)'],
    ['a renamed version', [series({ version: '' }, [[0, 1]])], 'None of 1 series belongs to v2 or v1'],
    [
      'a missing version',
      [{ labels: { job: 'x', ver: 'v2' }, at: [T0], value: [1] }],
      'no label "version" (was it renamed?)',
    ],
    ['a missing code', [{ labels: { job: 'x', version: 'v2', tenant: 'a' }, at: [T0], value: [1] }], 'no label "code"'],
    ['NaN', [series({}, [[0, Number.NaN]])], 'has the value NaN, which is no count'],
    ['Inf', [series({}, [[0, Number.POSITIVE_INFINITY]])], 'Infinity, which is no count'],
    ['a negative counter', [series({}, [[0, -1]])], 'a counter is never negative'],
    ['a rate', [series({}, [[0, 0.5]])], 'not rate() or an average'],
    ['series that overlap', [good, good], 'Two series count the same'],
    [
      'time that goes back',
      [
        series({}, [
          [15, 1],
          [0, 2],
        ]),
      ],
      'overlap or go back in time',
    ],
    ['10,001 series', Array.from({ length: 10_001 }, () => good), '10001 series came back'],
  ])('%s', (_, all, message) => {
    expect(fault(all)).toContain(message);
  });

  it('a label that is to tell what warms up, but is not there', () => {
    const warm: Reading = { ...reading, warmUp: { labels: ['database'], lasts: S } };
    expect(fault([series({}, [[0, 1]])], warm)).toContain('no label "database" (was it renamed?)');
  });

  it('replicas of Prometheus that see the same', () => {
    const [a, b] = ['1', '2'].map((replica) => series({ prometheus_replica: replica }, [[0, 1]]));
    expect(fault([a as Series, b as Series], { ...reading, ignore: ['prometheus_replica'] })).toContain(
      'Select one replica',
    );
  });

  it('a histogram without the bound that is asked for', () => {
    const buckets: Reading = { ...reading, counts: { kind: 'buckets', slowerThan: [0.5] } };
    expect(fault([series({ le: '0.3' }, [[0, 1]]), series({ le: '+Inf' }, [[0, 1]])], buckets)).toContain(
      'no bucket of 0.5 s; it has 0.3, +Inf',
    );
  });

  it('and the others go on', () => {
    const { windows, faults } = foldSeries(
      [read(good), { reading: { ...reading, metric: 'x' }, series: [] }],
      T0,
      T0 + 60 * S,
      TIMING,
    );
    expect(faults.map(({ metric }) => metric)).toEqual(['x']);
    expect(windows).toHaveLength(2);
  });

  it('10,000 series are folded', () => {
    const many = Array.from({ length: 10_000 }, (_, i) =>
      series(
        { tenant: `t${i}` },
        every(15, 30, (at) => at),
      ),
    );
    expect(counts([read(...many)], 60).map(([, , total]) => total)).toEqual([150_000, 150_000]);
  });
});
