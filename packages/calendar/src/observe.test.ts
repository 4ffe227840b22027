import { describe, expect, it } from '@jest/globals';
import { conclude, digestOf, type Mode } from '@tillgate/release';
import { judgeFreeze } from './judge.ts';
import { observeCalendar } from './observe.ts';
import { question } from './testing/calendar.ts';

type Calendar = NonNullable<Parameters<typeof question>[0]>;
type Rest = Parameters<typeof question>[2];

/** What the gate would say: outcome, and the rules that spoke. */
async function verdict(calendar: Calendar, at: string, rest: Rest = {}, mode: Mode = 'enforce') {
  const seen = await observeCalendar(question(calendar, at, rest));
  const findings = judgeFreeze(seen, mode);
  const rules = findings.map(({ rule, severity, accepted }) => `${rule} ${severity}${accepted ? ' accepted' : ''}`);
  return { seen, findings, rules, outcome: conclude(findings, { expected: 1, missing: [] }, seen.now) };
}

const PEAK: Calendar = {
  windows: { peak: { kind: 'freeze', once: { from: '2026-11-26T00:00', to: '2026-12-01T00:00' } } },
};
const INSIDE = '2026-11-27T10:00:00Z';

describe('a freeze', () => {
  it('is half-open: its first moment is closed, its end is open', async () => {
    const start = await verdict(PEAK, '2026-11-25T23:00:00Z');
    expect(start.rules).toEqual(['freeze/closed fail']);
    const end = await verdict(PEAK, '2026-11-30T23:00:00Z');
    expect(end.outcome).toBe('pass');
  });

  it('closes what would not have ended before it', async () => {
    const fits = await verdict(PEAK, '2026-11-25T20:45:00Z'); // two and a quarter hours before
    expect(fits.outcome).toBe('pass');
    expect(fits.seen.closesAt).toBe('2026-11-25T23:00:00.000Z');
    const late = await verdict(PEAK, '2026-11-25T20:46:00Z');
    expect(late.rules).toEqual(['freeze/does-not-fit fail']);
    expect(late.seen.nextOpening).toBe('2026-11-30T23:00:00.000Z');
  });

  it('names window, level, end and the next opening that fits deployment and watch', async () => {
    const { findings } = await verdict(
      {
        windows: {
          ...PEAK.windows,
          after: { kind: 'freeze', once: { from: '2026-12-01T01:00', to: '2026-12-02T00:00' } },
        },
      },
      INSIDE,
    );
    expect(findings[0]?.message).toBe(
      'The freeze "peak" (block, until 2026-12-01T00:00 Europe/Berlin) is on. The next opening that fits 15 min of deployment and 2 h of watch is 2026-12-01T23:00:00.000Z.',
    );
  });

  it('that advises warns and closes nothing', async () => {
    const { rules, outcome, seen } = await verdict(
      {
        windows: {
          soft: { kind: 'freeze', level: 'advise', once: { from: '2026-11-26T00:00', to: '2026-12-01T00:00' } },
        },
      },
      INSIDE,
    );
    expect({ rules, outcome, next: seen.nextOpening }).toEqual({
      rules: ['freeze/advised warn'],
      outcome: 'warn',
      next: seen.at,
    });
  });

  it('nested and overlapping ones are all named, the strictest first, and end together', async () => {
    const { seen } = await verdict(
      {
        windows: {
          ...PEAK.windows,
          friday: {
            kind: 'freeze',
            level: 'block-all-but-emergency',
            once: { from: '2026-11-27T00:00', to: '2026-11-28T00:00' },
          },
          advent: { kind: 'freeze', once: { from: '2026-11-29T00:00', to: '2026-12-24T00:00' } },
        },
      },
      INSIDE,
      { watchMs: 3 * 86_400_000 },
    );
    expect(seen.met.map(({ window }) => window)).toEqual(['friday', 'advent', 'peak']);
    expect(seen.nextOpening).toBe('2026-12-23T23:00:00.000Z');
  });
});

describe('allow windows', () => {
  const nights: Calendar = {
    windows: {
      nights: { kind: 'allow', weekly: [{ days: ['mon', 'tue', 'wed', 'thu'], from: '22:00', to: '05:00' }] },
      sundays: { kind: 'allow', weekly: [{ days: ['sun'], from: '06:00', to: '12:00' }] },
    },
  };

  it('close the time outside all of them', async () => {
    const { rules, seen } = await verdict(nights, '2026-11-24T12:00:00Z');
    expect(rules).toEqual(['freeze/outside-allowed fail']);
    expect(seen.nextOpening).toBe('2026-11-24T21:00:00.000Z');
    expect(seen.opensUntil).toBe('2026-11-25T04:00:00.000Z');
  });

  it('each of several opens', async () => {
    expect((await verdict(nights, '2026-11-22T05:00:00Z')).outcome).toBe('pass');
    expect((await verdict(nights, '2026-11-22T05:00:00Z', { watchMs: 6 * 3_600_000 })).rules).toEqual([
      'freeze/does-not-fit fail',
    ]);
  });

  it('of a feed that could not be read do not open', async () => {
    const { seen, rules } = await verdict(
      { windows: { slots: { kind: 'allow', feed: { name: 'slots' } } }, feeds: { slots: { file: 'slots.ics' } } },
      INSIDE,
      { feeds: new Map([['slots', { seen: { name: 'slots', state: 'unreadable', note: 'gone', doubts: [] } }]]) },
    );
    expect(rules).toEqual(['freeze/outside-allowed fail', 'freeze/feed-unknown unknown']);
    expect(seen.nextOpening).toBeUndefined();
  });

  it('open nothing that is frozen', async () => {
    const both = { windows: { ...nights.windows, ...PEAK.windows } };
    const { seen } = await verdict(both, '2026-11-26T12:00:00Z');
    expect(seen.nextOpening).toBe('2026-11-30T23:00:00.000Z'); // Monday night, when the peak has ended at midnight
  });
});

describe('for whom', () => {
  const scoped = (scope: object): Calendar => ({
    windows: { own: { kind: 'freeze', scope, once: { from: '2026-11-26T00:00', to: '2026-12-01T00:00' } } },
    tenants: { berlin: { zone: 'Europe/Berlin', region: 'eu', segment: 'flagship' } },
  });

  it.each([
    ['another environment', { environments: ['staging'] }, 'pass'],
    ['this environment', { environments: ['production'] }, 'fail'],
    ['another class', { classes: ['high-risk'] }, 'pass'],
    ['another kind of change', { kinds: ['data'] }, 'pass'],
    ['this kind among others', { kinds: ['data', 'application'] }, 'fail'],
    ['another region', { regions: ['us'] }, 'pass'],
    ['another segment', { segments: ['outlet'] }, 'pass'],
    ['this segment', { segments: ['flagship'] }, 'fail'],
    ['another tenant', { tenants: ['paris'] }, 'pass'],
  ])('%s', async (_, scope, outcome) => {
    expect((await verdict(scoped(scope), INSIDE)).outcome).toBe(outcome);
  });

  it('each tenant lives by its own clock, and can open before the others', async () => {
    const { seen } = await verdict(
      {
        windows: { friday: { kind: 'freeze', zone: 'tenants', event: { name: 'black-friday' } } },
        tenants: {
          auckland: { zone: 'Pacific/Auckland' },
          berlin: { zone: 'Europe/Berlin' },
          denver: { zone: 'America/Denver' },
        },
      },
      '2026-11-26T12:00:00Z',
    );
    expect(seen.openings).toEqual([
      { zone: 'Pacific/Auckland', units: ['auckland'], nextOpening: '2026-11-27T11:00:00.000Z' },
      { zone: 'Europe/Berlin', units: ['berlin'], nextOpening: '2026-11-26T12:00:00.000Z' },
      { zone: 'America/Denver', units: ['denver'], nextOpening: '2026-11-26T12:00:00.000Z' },
    ]);
    // the day is over in Denver at last
    expect(seen.nextOpening).toBe('2026-11-28T07:00:00.000Z');
    expect(seen.met.map(({ units, end }) => ({ units, end }))).toEqual([
      { units: ['auckland'], end: '2026-11-27T11:00:00.000Z' },
    ]);
  });

  it('stores close the release while they are open, each by its own hours', async () => {
    const { seen } = await verdict(
      {
        windows: { shops: { kind: 'freeze', zone: 'tenants', event: { name: 'opening-hours', before: '30m' } } },
        tenants: {
          berlin: { zone: 'Europe/Berlin', hours: [{ days: ['fri'], from: '09:00', to: '20:00' }] },
          office: { zone: 'Europe/Berlin' },
        },
      },
      '2026-11-27T07:30:00Z',
    );
    expect(seen.met[0]).toMatchObject({
      start: '2026-11-27T07:30:00.000Z',
      end: '2026-11-27T19:00:00.000Z',
      units: ['berlin'],
    });
  });
});

describe('an exception', () => {
  const base = {
    id: 'fix-vat',
    windows: ['peak'],
    release: digestOf('a release'),
    reason: 'Wrong VAT on gift cards',
    requestedBy: 'pricing',
    approvedBy: 'head-of-platform',
    approvedAt: '2026-11-27T08:00:00Z',
    expires: '2026-11-28T08:00:00Z',
  };
  const granting = (...granted: object[]): Calendar => ({
    ...PEAK,
    exceptions: { longest: '2d', granted: granted as never[] },
  });

  it('lifts its windows for its release, and every use is in the verdict', async () => {
    const { findings, outcome, seen } = await verdict(granting(base), INSIDE);
    expect(outcome).toBe('pass');
    expect(findings[0]?.accepted).toEqual({
      by: 'exception',
      id: 'fix-vat',
      digest: digestOf('the policy'),
      expires: base.expires,
    });
    expect(seen.nextOpening).toBe(seen.at);
    expect(seen.closesAt).toBe('2026-11-28T08:00:00.000Z'); // when it expires
  });

  it('does not lift what it would not outlast', async () => {
    const { rules } = await verdict(granting(base), '2026-11-28T07:00:00Z');
    expect(rules).toEqual(['freeze/closed fail']);
  });

  it.each([
    ['expired', { expires: '2026-11-27T09:00:00Z' }, /expired at/],
    ['approved by the one who asked', { approvedBy: '@Pricing' }, /asked for it and approved it/],
    ['approved by nobody', { approvedBy: undefined }, /nobody has approved it/],
    ['for any release', { release: undefined }, /names no release digest/],
    ['longer than the policy allows', { expires: '2026-11-30T08:00:00Z' }, /lasts 3 d, and the policy allows 2 d/],
    ['approved in the future', { approvedAt: '2026-11-27T18:00:00Z' }, /lies in the future/],
    ['for a window that does not exist', { windows: ['peek'] }, /do not exist: peek/],
  ])('is refused: %s', async (_, change, reason) => {
    const { rules, findings, outcome } = await verdict(granting({ ...base, ...change }), INSIDE);
    expect(outcome).toBe('fail');
    expect(rules).toEqual(['freeze/closed fail', 'freeze/exception-refused warn']);
    expect(findings[1]?.message).toMatch(reason);
  });

  it('of the same id as another is refused with it', async () => {
    const { rules } = await verdict(granting(base, base), INSIDE);
    expect(rules).toEqual(['freeze/closed fail', 'freeze/exception-refused warn', 'freeze/exception-refused warn']);
  });

  it('for another release is nobody’s business', async () => {
    const { rules } = await verdict(granting({ ...base, release: digestOf('another') }), INSIDE);
    expect(rules).toEqual(['freeze/closed fail']);
  });

  it('lifts no window that only an emergency passes', async () => {
    const sealed = granting(base);
    const { rules, findings } = await verdict(
      { ...sealed, windows: { peak: { ...PEAK.windows?.peak, level: 'block-all-but-emergency' } as never } },
      INSIDE,
    );
    expect(rules).toEqual(['freeze/closed fail', 'freeze/exception-refused warn']);
    expect(findings[1]?.message).toMatch(/emergency only/);
  });
});

describe('an emergency and a recovery', () => {
  const emergency = {
    id: 'till-outage',
    requestedBy: 'store-operations',
    approvedBy: 'head-of-platform',
    reason: 'Card payments fail in all stores.',
    reviewDue: '2026-12-04T12:00:00Z',
  };

  it('an emergency passes, with who, why and the review that is due', async () => {
    const { outcome, findings, seen } = await verdict(PEAK, INSIDE, { class: 'emergency', emergency });
    expect(outcome).toBe('warn');
    expect(findings[0]?.message).toMatch(/store-operations, approved by head-of-platform.*review is due by 2026-12-04/);
    expect(seen.nextOpening).toBe(seen.at);
  });

  it('an emergency without account does not', async () => {
    expect((await verdict(PEAK, INSIDE, { class: 'emergency' })).outcome).toBe('fail');
  });

  it('a recovery is never held up, and the verdict says through what it passed', async () => {
    const { outcome, rules } = await verdict(PEAK, INSIDE, {
      purpose: 'recovery',
      clock: { source: 'system', secondSource: 'api', offsetMs: 90_000 },
    });
    expect(outcome).toBe('pass');
    expect(rules).toEqual(['freeze/recovery-passage note', 'freeze/clock-doubtful note']);
  });
});

describe('time cannot be argued away', () => {
  it.each([
    ['ten minutes ago', '2026-11-27T09:50:00Z', 'fail'],
    ['half a minute ago', '2026-11-27T09:59:30Z', 'pass'],
    ['in an hour', '2026-11-27T11:00:00Z', 'pass'],
    ['in an hour and a second', '2026-11-27T11:00:01Z', 'fail'],
  ])('%s', async (_, at, outcome) => {
    const asked = await verdict({}, at, { now: INSIDE.replace('Z', '.000Z') });
    expect(asked.outcome).toBe(outcome);
    const reported = await verdict({}, at, { now: INSIDE.replace('Z', '.000Z') }, 'report');
    expect(reported.outcome).toBe('pass');
  });

  it.each([
    [60_000, 'pass'],
    [-60_001, 'inconclusive'],
    [61_000, 'inconclusive'],
  ])('a clock %i ms off', async (offsetMs, outcome) => {
    const clock = { source: 'system', secondSource: 'api.github.com', offsetMs };
    expect((await verdict({}, INSIDE, { clock })).outcome).toBe(outcome);
  });

  it('zone data older than the policy asks for are not enough', async () => {
    const minimum = { zoneData: { minimum: '2026c' } };
    expect((await verdict(minimum, INSIDE, { zoneRelease: '2026c' })).outcome).toBe('pass');
    expect((await verdict(minimum, INSIDE, { zoneRelease: '2025b' })).outcome).toBe('inconclusive');
    expect((await verdict(minimum, INSIDE)).outcome).toBe('inconclusive');
  });
});

describe('a window without effect', () => {
  it.each([
    [
      'a freeze inside a stricter one',
      {
        november: { kind: 'freeze', once: { from: '2026-11-01T00:00', to: '2026-12-24T00:00' } },
        friday: {
          kind: 'freeze',
          event: {
            name: 'black-friday',
            dates: [
              { from: '2026-11-27', to: '2026-11-27' },
              { from: '2027-11-26', to: '2027-11-26' },
            ],
          },
          level: 'advise',
        },
      },
      [],
    ],
    [
      'two of the same: one of them',
      {
        a: { kind: 'freeze', once: { from: '2026-12-01T00:00', to: '2026-12-24T00:00' } },
        b: { kind: 'freeze', once: { from: '2026-12-01T00:00', to: '2026-12-24T00:00' } },
      },
      ['a'],
    ],
    [
      'an allow window that is always frozen',
      {
        always: {
          kind: 'freeze',
          weekly: [{ days: ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'], from: '00:00', to: '24:00' }],
        },
        nights: { kind: 'allow', weekly: [{ days: ['mon'], from: '22:00', to: '05:00' }] },
      },
      ['nights'],
    ],
    [
      'a day that does not exist',
      {
        never: {
          kind: 'freeze',
          rrule: { start: '2026-01-01T00:00', rule: 'FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30', lasts: '1d' },
        },
      },
      ['never'],
    ],
    [
      'a leap day',
      {
        leap: {
          kind: 'freeze',
          rrule: { start: '2024-02-29T00:00', rule: 'FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29', lasts: '1d' },
        },
      },
      [],
    ],
  ])('%s', async (_, windows, idle) => {
    const { seen } = await verdict({ windows: windows as Calendar['windows'] }, '2026-10-01T10:00:00Z');
    expect(seen.idle.map(({ window }) => window)).toEqual(idle);
  });
});
