import { describe, expect, it } from '@jest/globals';
import { baselineText, parseBaseline, trendWith } from './baseline.ts';
import { exampleShop, exampleSmoke } from './rules/example-smoke.ts';

const timed = exampleShop({ times: { 'sale: paid': [100, 300, 200], 'sale: sold': [50] } });

describe('a baseline', () => {
  it('is read as it was written, tenant by tenant', () => {
    const trend = trendWith([{ at: 'before', ms: 240 }], [timed], 'now');
    expect(trend).toEqual([
      { at: 'before', ms: 240 },
      { at: 'now', ms: 250 },
    ]);
    const seen = exampleSmoke({}, { tenants: [timed, exampleShop({ tenant: 'away' })], trend });
    const read = parseBaseline(baselineText(seen, 'now', 8));
    expect(read).toMatchObject({ concurrency: 8, trend });
    expect(read.tenants).toEqual({ 'corner-shops': { version: '19.0', times: timed.times } });
  });

  it.each([
    ['no JSON', '{', /no JSON/],
    ['JSON of somebody else', '{"schema":"x"}', /none that this gate wrote/],
    [
      'times without end',
      JSON.stringify({
        schema: 'https://tillgate.dev/smoke-baseline/v1',
        at: '',
        concurrency: 1,
        tenants: { a: { version: '', times: { b: Array(51).fill(1) } } },
        trend: [],
      }),
      /at tenants.a.times.b/,
    ],
  ])('is refused where it is %s', (_, text, reason) => {
    expect(() => parseBaseline(text)).toThrow(reason);
  });
});

it('the trend goes back thirty runs', () => {
  const long = Array.from({ length: 30 }, (_, index) => ({ at: String(index), ms: 1 }));
  expect(trendWith(long, [timed], 'now')).toHaveLength(30);
  expect(trendWith(long, [exampleShop()], 'now').at(-1)?.at).toBe('29');
});
