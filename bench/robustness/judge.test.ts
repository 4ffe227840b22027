import { describe, expect, it } from '@jest/globals';
import type { Row } from '@tillgate/testbed';
import { judged, type Release, SETTLED, type Shop } from './judge.ts';
import { PLACES } from './task.ts';

const ENDED = 1_000_000;
/** Long after the one before, so that no client of one end is taken for one of the other. */
const LATER = ENDED + 60_000;

const row = (at: number, version: string): Row => ({
  ...{ at, version, latency: 5, late: 0, session: 1, tenant: 'shop', request: 'page', status: 200 },
  ...{ pod: 'pod', error: '', cookies: 0 },
});

const release = (bad: boolean, end: string, by: string, endedAt: number): Release => ({
  ...{ bad, endedAt, from: 'old', to: 'new' },
  outcome: { end, by, because: by, killedAt: [], lost: 0, between: [], told: [] },
});

/** A good release that is promoted, and a bad one that is taken back, killed often enough everywhere. */
function fine(): { good: Release; bad: Release; shop: Shop } {
  const good = release(false, 'promoted', '', ENDED);
  good.outcome.killedAt = PLACES.flatMap((place) => Array<string>(100).fill(place));
  const bad = { ...release(true, 'returned', 'analysis', LATER), from: 'new', to: 'newer' };
  const rows = [ENDED, LATER].flatMap((end) => [row(end - 1, 'old'), row(end + SETTLED.after, 'new')]);
  return { good, bad, shop: { releases: [good, bad], rows } };
}

const judge = (shop: Shop) => judged([shop], 60);

describe('the judgement of releases whose driver is killed', () => {
  it('holds where good ones are promoted, bad ones taken back, and clients have what that says', () => {
    expect(judge(fine().shop)).toMatchObject({
      holds: true,
      figures: { bad_promoted: 0, good_turned_by: 'none', bad_turned_by: 'analysis 1', answers_of_another_version: 0 },
    });
  });

  it('does not hold where a bad one is promoted, though clients have it', () => {
    const { good, shop } = fine();
    const worse = { ...release(true, 'promoted', '', LATER + 60_000), from: 'new', to: 'newer' };
    shop.releases.push(worse);
    shop.rows.push(row(worse.endedAt + SETTLED.after, 'newer'));
    expect(good.outcome.end).toBe('promoted');
    expect(judge(shop)).toMatchObject({ holds: false, figures: { bad_promoted: 1, answers_of_another_version: 0 } });
  });

  it.each([
    ['time', true],
    ['signal', true],
    ['analysis', false],
    ['foreign', false],
    ['', false],
  ])('of a good one that "%s" took back it says that, and holds: %s', (by, holds) => {
    const { shop } = fine();
    const back = { ...release(false, 'returned', by, LATER + 60_000), from: 'new', to: 'newer' };
    shop.releases.push(back);
    shop.rows.push(row(back.endedAt + SETTLED.after, 'new'));
    expect(judge(shop)).toMatchObject({ holds, figures: { good_turned_by: `${by || 'nothing'} 1` } });
  });

  it('does not hold where one client still has the other version, or nobody asks any more', () => {
    const { shop } = fine();
    const stray = { ...shop, rows: [...shop.rows, row(LATER + SETTLED.after + SETTLED.listened - 1, 'newer')] };
    expect(judge(stray)).toMatchObject({ holds: false, figures: { answers_of_another_version: 1 } });
    const silent = { ...shop, rows: shop.rows.slice(0, 2) };
    expect(judge(silent)).toMatchObject({ holds: false, figures: { ends_nobody_saw: 1 } });
  });

  it('listens to nobody before all has settled', () => {
    const { shop } = fine();
    const early = { ...shop, rows: [...shop.rows, row(ENDED + SETTLED.after - 1, 'old')] };
    expect(judge(early).holds).toBe(true);
  });
});
