import { describe, expect, it } from '@jest/globals';
import type { ShopSeen, SmokeSeen } from '@tillgate/retail-flows';
import { slowest, summaryOf } from './summary.ts';

const shop = (tenant: string, changes: Partial<ShopSeen> = {}): ShopSeen => ({
  tenant,
  shop: { version: '19.0', company: 'Corner Shops', isNeutralized: true, live: [] },
  planned: [{ flow: 'sale-to-payment', title: 'Sell one', writes: ['1 order (cancelled)'] }],
  left: [{ flow: 'pos-session', why: 'module-missing', detail: 'point_of_sale not installed', wanted: false }],
  kept: false,
  results: [
    {
      flow: 'sale-to-payment',
      status: 'passed',
      facts: 1,
      wrong: [],
      ms: 120,
      stays: ['order S00012, cancelled', 'entry INV/1, reversed by RINV/1'],
      leftovers: [],
    },
  ],
  inherited: { stays: [], leftovers: [] },
  latency: [{ step: 'sale-to-payment: it is paid', before: 100, now: 120, judgement: 'as-before', chance: 0.4 }],
  times: { 'sale-to-payment: it is paid': [120] },
  ...changes,
});
const failed = (tenant: string): ShopSeen => {
  const good = shop(tenant);
  return { ...good, results: good.results.map((result) => ({ ...result, status: 'failed' })) };
};
const run = (tenants: ShopSeen[]): SmokeSeen => ({ dry: false, mustCompare: false, tenants, trend: [] });

describe('the summary of eighty tenants', () => {
  const many = Array.from({ length: 78 }, (_, index) => shop(`shop-${index + 1}`));
  const away = shop('harbour', { trouble: 'no connection (ECONNREFUSED) | [x](y)', planned: [], results: [] });
  const slow = shop('airport', {
    times: { 'sale-to-payment: it is paid': [900] },
    latency: [{ step: 'sale-to-payment: it is paid', before: 100, now: 900, judgement: 'slower', chance: 0.004 }],
  });
  const seen = run([...many, away, slow, failed('market')]);
  const text = summaryOf(seen);

  it('begins with how many passed, then names those that did not, failures first', () => {
    expect(text).toMatch(/^81 tenants: 78 passed, 2 failed, 1 not known\.\n\n#### Tenants that did not pass/);
    const rows = text.split('\n').filter((line) => /^\| (airport|market|harbour) \|/.test(line));
    expect(rows).toEqual([
      expect.stringMatching(/^\| airport \| failed \| sale-to-payment: it is paid is slower \|$/),
      expect.stringMatching(/^\| market \| failed \| sale-to-payment failed \|$/),
      expect.stringMatching(/^\| harbour \| not known \| no connection &#40;ECONNREFUSED&#41; &#124; /),
    ]);
    expect(text).not.toContain('[x](y)');
  });

  it('has one row a flow, one bar a step, and does not grow with what stays behind', () => {
    expect(text).toMatch(/\| sale-to-payment \| Sell one \| 79 passed, 1 failed \| 80 \| 120 \|/);
    expect(text.match(/^ {2}bar .*$/m)?.[0]).toBe('  bar [120]');
    expect(text).toMatch(/\| sale-to-payment: it is paid \| 100 \| 120 \| slower \|/);
    expect(text).toContain(
      '- pos-session: point&#95;of&#95;sale not installed (81 tenants)'.replace('(', '&#40;').replace(')', '&#41;'),
    );
    expect(text.split('\n').length).toBeLessThan(80);
  });

  it('names the slowest step with its tenant', () => {
    expect(slowest(seen)).toBe('airport: sale-to-payment: it is paid (900 ms)');
  });
});

it('one tenant has neither counts nor its name in every line', () => {
  const text = summaryOf(run([shop('only')]));
  expect(text).toMatch(/^Odoo 19\.0, Corner Shops; a neutralised copy\n/);
  expect(text).not.toMatch(/tenants|only:/);
  expect(text).toMatch(/\| sale-to-payment \| Sell one \| passed \| 1 \| 120 \|/);
});

it('a trend is drawn from two runs on', () => {
  const trend = [
    { at: '2026-10-01T00:00:00Z', ms: 900 },
    { at: '2026-10-08T00:00:00Z', ms: 940 },
  ];
  expect(summaryOf({ ...run([shop('only')]), trend })).toMatch(/From 2026-10-01 to 2026-10-08[\s\S]*line \[900, 940\]/);
  expect(summaryOf({ ...run([shop('only')]), trend: trend.slice(1) })).not.toContain('run by run');
});
