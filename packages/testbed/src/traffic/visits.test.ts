import { describe, expect, it } from '@jest/globals';
import { type Demand, type Visit, visits } from './visits.ts';

const demand: Demand = {
  seed: 42,
  arrivals: { pattern: 'constant', perSecond: 200 },
  tenants: [{ host: 'berlin.test', weight: 3 }, { host: 'paris.test' }],
  requests: [
    { name: 'page', method: 'GET', path: '/', weight: 9 },
    { name: 'order', method: 'POST', path: '/order', body: {} },
  ],
  sessions: { thinkSeconds: 2, meanRequests: 10 },
};

function take(count: number, of: Demand = demand): Visit[] {
  const source = visits(of);
  return Array.from({ length: count }, () => source.next().value);
}

const share = (all: readonly Visit[], which: (visit: Visit) => boolean) => all.filter(which).length / all.length;
/** 3.3 standard deviations of a share, one in a thousand. */
const wide = (p: number, n: number) => 3.3 * Math.sqrt((p * (1 - p)) / n);

describe('visits', () => {
  const all = take(20_000);

  it('follow from the seed alone', () => {
    expect(take(500)).toEqual(all.slice(0, 500));
    expect(take(500, { ...demand, seed: 43 })).not.toEqual(all.slice(0, 500));
  });

  it('do not move in time when tenants or requests change', () => {
    const other = take(500, {
      ...demand,
      tenants: [{ host: 'one.test' }],
      sessions: { thinkSeconds: 9, meanRequests: 1 },
    });
    expect(other.map(({ at }) => at)).toEqual(all.slice(0, 500).map(({ at }) => at));
  });

  it('are spread over tenants and requests by weight, each independent of the other', () => {
    const [tenant, order] = [(visit: Visit) => visit.tenant === 0, (visit: Visit) => visit.request === 1];
    expect(Math.abs(share(all, tenant) - 0.75)).toBeLessThan(wide(0.75, all.length));
    expect(Math.abs(share(all, order) - 0.1)).toBeLessThan(wide(0.1, all.length));
    expect(Math.abs(share(all, (visit) => tenant(visit) && order(visit)) - 0.075)).toBeLessThan(
      wide(0.075, all.length),
    );
  });
});

describe('sessions', () => {
  const all = take(40_000);
  const bySession = Map.groupBy(all, ({ session }) => session);

  it('stay with one tenant', () => {
    for (const own of bySession.values()) expect(new Set(own.map(({ tenant }) => tenant)).size).toBe(1);
  });

  it('rest between requests', () => {
    for (const own of bySession.values()) {
      for (const [index, { at }] of own.entries()) {
        if (index > 0) expect(at - (own[index - 1] as Visit).at).toBeGreaterThanOrEqual(2);
      }
    }
  });

  it('end where they say so and not before', () => {
    for (const own of bySession.values()) expect(own.slice(0, -1).some(({ last }) => last)).toBe(false);
  });

  it('make as many requests as told, on average', () => {
    const ended = [...bySession.values()].filter((own) => own.at(-1)?.last);
    // Every request is the last with 1 in 10: counted over requests, not over sessions, so that cut-off ones do not bias.
    expect(Math.abs(ended.length / all.length - 0.1)).toBeLessThan(wide(0.1, all.length));
  });

  it("are about as many at a time as Little's law says", () => {
    const open = new Set(all.filter(({ at }) => at >= 100 && at < 102).map(({ session }) => session)).size;
    // 200 a second x 2 s; in a window of one think time each of them makes at most one request.
    expect(Math.abs(open - 400)).toBeLessThan(3.3 * Math.sqrt(400));
  });

  it.each([
    [{ thinkSeconds: -1, meanRequests: 2 }, 'thinkSeconds'],
    [{ thinkSeconds: 1, meanRequests: 0.5 }, 'meanRequests'],
  ])('%j is refused', (sessions, why) => {
    expect(() => take(1, { ...demand, sessions })).toThrow(why);
  });
});
