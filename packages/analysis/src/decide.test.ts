import { describe, expect, it } from '@jest/globals';
import { decide } from './decide.ts';
import { type AnalysisPlan, type Metric, PlanError } from './plan.ts';
import { beginAnalysis, OTHERS, STATE_LIMIT, TENANTS_KEPT } from './state.ts';
import { type CountWindow, fold, type Stratum } from './step.ts';

const T0 = Date.parse('2026-11-21T14:00:00Z');
const errors: Metric = {
  name: 'errors',
  unit: 'requests',
  bad: 'failed',
  test: { by: 'comparison', tolerated: 1.2 },
  phi: 1,
  pass: { below: 0.02 },
  floor: { share: 0.5, total: 20 },
};
const plan = (...metrics: Metric[]): AnalysisPlan => ({
  metrics: metrics.length > 0 ? metrics : [errors],
  alpha: 0.01,
  beta: 0.05,
  minimum: { seconds: 300, tenants: 2, sessions: 0 },
});
const stratum = (tenant: string, c: [number, number], s: [number, number]): Stratum => ({
  tenant,
  endpoint: '',
  candidate: { bad: [c[0]], total: c[1] },
  stable: { bad: [s[0]], total: s[1] },
});
const windows = (count: number, strata: (at: number) => Stratum[], name = 'errors'): CountWindow[] =>
  Array.from({ length: count }, (_, i) => ({
    from: T0 + i * 15_000,
    to: T0 + (i + 1) * 15_000,
    metrics: { [name]: strata(i) },
  }));
const after = (of: AnalysisPlan, all: CountWindow[]) => fold(of, beginAnalysis(of, T0), all);
const two = (c: [number, number], s: [number, number]) => () => [
  stratum('berlin', c, s),
  stratum('paris', [0, 10], [0, 90]),
];

describe('a decision', () => {
  it('passes on evidence of its own: enough requests, tenants and time', () => {
    const decision = decide(plan(), after(plan(), windows(24, two([0, 20], [1, 180]))));
    expect(decision.outcome).toBe('pass');
    expect(decision.reasons[0]).toMatch(
      /^errors: 0 % \(0 of 720\) requests failed on the candidate, 0.37 % \(24 of 6,480\) on stable; none of 2 tenant\(s\) affected; 2026-11-21T14:00:00.000Z to 2026-11-21T14:06:00.000Z. Enough evidence to pass \(/,
    );
  });

  it('holds where requests, tenants or time do not suffice, and says how many there are', () => {
    const few = decide(
      plan(),
      after(
        plan(),
        windows(2, () => [stratum('berlin', [0, 30], [0, 300])]),
      ),
    );
    expect(few.outcome).toBe('inconclusive');
    expect(few.reasons.join('\n')).toContain('Not enough evidence to pass');
    expect(few.reasons).toContain('seconds of comparison: 30 of 300 that a pass needs.');
    expect(few.reasons).toContain('tenants on the candidate: 1 of 2 that a pass needs.');
  });

  it('fails on evidence, and names rates, counts, tenants, window and, last, the e-value', () => {
    const decision = decide(plan(), after(plan(), windows(12, two([3, 20], [1, 180]))));
    expect(decision.outcome).toBe('fail');
    expect(decision.reasons[0]).toMatch(
      /^errors: 10 % \(36 of 360\) requests failed on the candidate, .* on stable; 1 of 2 tenant\(s\) affected: berlin; 2026.*Z\. Failed at 2026-11-21T14:00:\d\d.000Z \(evidence .* to 1 against "at most 1.2 times the rate of stable", bound 100\)\.$/,
    );
  });

  it('does not take a failure back', () => {
    const bad = windows(8, two([6, 20], [0, 180]));
    const failed = after(plan(), bad);
    const calm = windows(200, two([0, 20], [1, 180])).map((each) => ({
      ...each,
      from: each.from + 120_000,
      to: each.to + 120_000,
    }));
    expect(decide(plan(), fold(plan(), failed, calm)).outcome).toBe('fail');
  });

  it('fails at once where most requests fail, whatever stable does', () => {
    const decision = decide(
      plan(),
      after(
        plan(),
        windows(1, () => [stratum('berlin', [15, 25], [0, 0])]),
      ),
    );
    expect(decision).toMatchObject({ outcome: 'fail' });
    expect(decision.reasons[0]).toContain(
      'Failed at once: in the window up to 2026-11-21T14:00:15.000Z 15 of 25, more than 50 %.',
    );
  });

  it('lets what hits both versions alike pass by', () => {
    const shared = windows(40, (at) =>
      at < 20 ? [stratum('berlin', [10, 20], [90, 180])] : [stratum('paris', [0, 20], [0, 180])],
    );
    expect(decide(plan(), after(plan(), shared)).outcome).toBe('inconclusive');
  });

  it('never passes by the candidate alone', () => {
    const alone = windows(100, () => [stratum('berlin', [0, 50], [0, 0]), stratum('paris', [0, 50], [0, 0])]);
    const decision = decide(plan(), after(plan(), alone));
    expect(decision.outcome).toBe('inconclusive');
    expect(decision.reasons[0]).toContain('none of stable were seen');
  });

  it('does not count for a pass what the candidate did while stable was not seen', () => {
    const alone = windows(100, (at) => [
      stratum('berlin', [0, 50], [0, at === 0 ? 50 : 0]),
      stratum('paris', [0, 50], [0, 0]),
    ]);
    const lenient = { ...plan(), minimum: { seconds: 0, tenants: 0, sessions: 0 } };
    expect(decide(lenient, after(lenient, alone)).outcome).toBe('inconclusive');
  });

  it('never passes without data', () => {
    expect(decide(plan(), beginAnalysis(plan(), T0)).reasons[0]).toContain('no requests of the candidate were seen');
    expect(
      decide(
        plan(),
        after(
          plan(),
          windows(99, () => []),
        ),
      ).outcome,
    ).toBe('inconclusive');
  });

  it('never passes over a query that came back wrong, and quotes it', () => {
    const state = after(plan(), windows(24, two([0, 20], [1, 180])));
    const decision = decide(plan(), state, {
      faults: [{ metric: 'lag', query: 'vector(0)', message: 'No evidence.' }],
    });
    expect(decision).toMatchObject({ outcome: 'inconclusive', reasons: ['lag: No evidence. Query: vector(0)'] });
  });

  it('asks floors first: broken decides, unknown holds', () => {
    const state = after(plan(), windows(24, two([0, 20], [1, 180])));
    const loop = (seen: number | undefined) =>
      decide(plan(), state, { floors: [{ what: 'pods in a crash loop', seen, most: 0 }] });
    expect(loop(1)).toMatchObject({
      outcome: 'fail',
      reasons: ['pods in a crash loop: 1, at most 0 allowed. This decides at once.'],
    });
    expect(loop(undefined)).toMatchObject({
      outcome: 'inconclusive',
      reasons: ['pods in a crash loop: could not be known.'],
    });
    expect(loop(0).outcome).toBe('pass');
  });

  it('sees fewer orders', () => {
    const orders: Metric = {
      name: 'orders',
      unit: 'sessions',
      bad: 'posted an order',
      test: { by: 'comparison', tolerated: 0.9 },
      worse: 'lower',
      phi: 1,
    };
    const of = plan(orders);
    const decision = decide(
      of,
      after(
        of,
        windows(40, () => [stratum('berlin', [1, 40], [36, 360])], 'orders'),
      ),
    );
    expect(decision.reasons[0]).toContain('"at least 0.9 times the rate of stable"');
    expect(decision.outcome).toBe('fail');
  });

  it('sees slower raw samples by their bands', () => {
    const latency: Metric = {
      name: 'latency',
      unit: 'requests',
      bad: 'were slower than',
      cuts: ['0.1 s', '0.5 s'],
      test: { by: 'band', tolerated: 0 },
      phi: 1,
    };
    const of = plan(latency);
    const slow: Stratum = {
      tenant: 'a',
      endpoint: '',
      candidate: { total: 100, bad: [40, 30] },
      stable: { total: 900, bad: [360, 45] },
    };
    expect(
      decide(
        of,
        after(
          of,
          windows(2, () => [slow], 'latency'),
        ),
      ).metrics[0]?.text,
    ).toContain('still meet');
    expect(
      decide(
        of,
        after(
          of,
          windows(30, () => [slow], 'latency'),
        ),
      ).reasons[0],
    ).toMatch(/^latency: 30 % .* were slower than 0.5 s .*bands .* are apart/);
  });

  it('splits alpha over its metrics', () => {
    const more = Array.from({ length: 9 }, (_, i) => ({ ...errors, name: `m${i}` }));
    const text = decide(plan(errors, ...more), after(plan(errors, ...more), windows(2, two([0, 20], [1, 180]))))
      .metrics[0]?.text;
    expect(text).toContain('bound 1,000');
  });
});

describe('a state', () => {
  it('stays small: 4 metrics, 3 cuts, and more tenants than are kept', () => {
    const cuts = ['0.1 s', '0.5 s', '1 s'];
    const many = ['errors', 'latency', 'orders', 'lag'].map((name) => ({ ...errors, name, cuts }));
    const of = plan(...many);
    const wide = Array.from(
      { length: 300 },
      (_, i): Stratum => ({
        tenant: `tenant-${i}`,
        endpoint: '',
        candidate: { total: 100, bad: [3, 2, 1] },
        stable: { total: 900, bad: [3, 2, 1] },
      }),
    );
    const metrics = Object.fromEntries(many.map(({ name }) => [name, wide]));
    const state = fold(of, beginAnalysis(of, T0), [{ from: T0, to: T0 + 15_000, metrics }]);
    expect(Buffer.byteLength(JSON.stringify(state))).toBeLessThan(32 * 1024);
    const alone = fold(plan(), beginAnalysis(plan(), T0), [
      {
        from: T0,
        to: T0 + 15_000,
        metrics: {
          errors: wide.map((each) => ({ ...each, candidate: { total: 9, bad: [1] }, stable: { total: 9, bad: [1] } })),
        },
      },
    ]);
    expect(Object.keys(alone.metrics.errors?.tenants ?? {})).toHaveLength(TENANTS_KEPT + 1);
    expect(alone.metrics.errors?.tenants[OTHERS]).toEqual([50, 450]);
  });

  it.each([1, 4, 12])(
    'never grows beyond its bytes: %d metrics, tenants with long names in any script, large counts',
    (count) => {
      const many = Array.from(
        { length: count },
        (_, i): Metric => ({ ...errors, name: `metric-${i}`, cuts: ['a', 'b', 'c'], pass: { below: 0.05 } }),
      );
      const of = plan(...many);
      const long = Array.from({ length: 400 }, (_, i): Stratum => {
        const counts = () => ({ total: 1e15 + i, bad: [1e14 + i, 1e13 + i, 1e12 + i] });
        return { tenant: `"Łódź\n☃"-${'x'.repeat(i % 90)}-${i}`, endpoint: '', candidate: counts(), stable: counts() };
      });
      const metrics = Object.fromEntries(many.map(({ name }) => [name, long]));
      const state = fold(of, beginAnalysis(of, T0), [{ from: T0, to: T0 + 15_000, metrics }]);
      expect(Buffer.byteLength(JSON.stringify(state))).toBeLessThanOrEqual(STATE_LIMIT);
      expect(state.metrics['metric-0']?.tenants).toHaveProperty([OTHERS]);
    },
  );

  it('refuses a plan that no state could hold', () => {
    const cuts = Array.from({ length: 10 }, (_, i) => `${i} s`);
    const of = plan(...Array.from({ length: 40 }, (_, i): Metric => ({ ...errors, name: `m${i}`, cuts })));
    expect(() => beginAnalysis(of, T0)).toThrow(/40 metrics with all their cuts would need \d+ bytes of state/);
  });

  it('keeps tenants of any name', () => {
    const state = after(
      plan(),
      windows(2, () => [stratum('__proto__', [1, 5], [0, 5])]),
    );
    expect(Object.entries(state.metrics.errors?.tenants ?? {})).toEqual([['__proto__', [2, 10]]]);
  });

  it.each([
    [{ bad: [2], total: 1 }],
    [{ bad: [-1], total: 1 }],
    [{ bad: [Number.NaN], total: 1 }],
    [{ bad: [], total: 1 }],
  ])('refuses the impossible count %j', (candidate) => {
    const impossible = windows(1, () => [{ ...stratum('a', [0, 0], [0, 0]), candidate }]);
    expect(() => after(plan(), impossible)).toThrow('impossible');
  });
});

describe('a plan', () => {
  it.each<[string, Partial<Metric>]>([
    ['phi is 0.5', { phi: 0.5 }],
    ['pass.below is a share', { pass: { below: 2 } }],
    ['tolerated is a ratio', { test: { by: 'comparison', tolerated: 0 } }],
    ['"lower" can only be compared', { worse: 'lower' }],
    ['a cut that is not there', { pass: { below: 0.1, cut: 1 } }],
  ])('is refused: %s', (why, change) => {
    const of = plan({ ...errors, ...change });
    expect(() => beginAnalysis(of, T0)).toThrow(PlanError);
    expect(() => beginAnalysis(of, T0)).toThrow(why);
  });
});
