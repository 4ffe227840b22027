import { describe, expect, it } from '@jest/globals';
import { loadPolicy } from '../load.ts';

const load = (window: string, rest = '') =>
  loadPolicy(Buffer.from(`calendar:\n  windows:\n    peak: ${window}\n${rest}`)).policy.calendar;

describe('a window that cannot be meant is refused where it stands', () => {
  it.each([
    [
      'an end before the start',
      '{ kind: freeze, once: { from: 2026-12-01T00:00, to: 2026-11-01T00:00 } }',
      /line 3.*ends before it starts/,
    ],
    ['no length', '{ kind: freeze, once: { from: 2026-12-01T00:00, to: 2026-12-01T00:00 } }', /is empty/],
    [
      'a date that does not exist',
      '{ kind: freeze, once: { from: 2026-02-30T00:00, to: 2026-03-01T00:00 } }',
      /does not exist/,
    ],
    [
      'a date without a time',
      '{ kind: freeze, once: { from: 2026-02-27, to: 2026-03-01 } }',
      /must be a local date and time/,
    ],
    ['an unknown zone', '{ kind: freeze, zone: Mars/Olympus, event: { name: easter } }', /zone/i],
    ['an offset for a zone', '{ kind: freeze, zone: "+01:00", event: { name: easter } }', /zone/i],
    ['no time at all', '{ kind: freeze }', /needs exactly one of once, rrule, .*has none/],
    [
      'two times',
      '{ kind: freeze, event: { name: easter }, cron: { start: 0 22 * * 5, lasts: 8h } }',
      /has cron and event/,
    ],
    [
      'a length of nothing',
      '{ kind: freeze, rrule: { start: 2026-01-01T00:00, rule: FREQ=DAILY, lasts: 0m } }',
      /longer than nothing/,
    ],
    ['seconds in a cron line', '{ kind: freeze, cron: { start: "0 0 22 * * 5", lasts: 8h } }', /five fields/],
    ['a misspelt key', '{ kind: freeze, evnt: { name: easter } }', /did you mean "event"/],
    ['an unknown event', '{ kind: freeze, event: { name: blak-friday } }', /black-friday/],
    ['a payday without days', '{ kind: freeze, event: { name: payday } }', /needed for payday/],
    ['days of a payday for Easter', '{ kind: freeze, event: { name: easter, days: [1] } }', /means nothing for easter/],
    ['a feed that does not exist', '{ kind: freeze, feed: { name: promotions } }', /names no feed/],
    ['no such time of day', '{ kind: freeze, weekly: [{ days: [mon], from: "25:00", to: "26:00" }] }', /time of day/],
  ])('%s', (_, window, reason) => {
    expect(() => load(window)).toThrow(reason);
    expect(() => load(window)).toThrow(/line \d+, column \d+/);
  });

  it('a feed over plain http', () => {
    const feed = '  feeds:\n    promotions: { url: "http://calendar.example/a.ics" }\n';
    expect(() => load('{ kind: freeze, feed: { name: promotions } }', feed)).toThrow(/https/);
  });
});

it('a calendar without anything is open', () => {
  expect(loadPolicy(Buffer.from('environments: {}')).policy.calendar).toMatchObject({
    windows: {},
    feeds: {},
    tenants: {},
  });
});
