import { describe, expect, it } from '@jest/globals';
import { observeCalendar } from '../observe.ts';
import { question } from '../testing/calendar.ts';
import { FEED_LIMIT } from './limit.ts';
import { parseFeed } from './parse-feed.ts';

const RANGE = { name: 'promotions', from: Date.UTC(2026, 8), to: Date.UTC(2027, 11) };
const CRLF = '\r\n';

function ics(...lines: string[]): Uint8Array {
  const whole = ['BEGIN:VCALENDAR', 'VERSION:2.0', 'PRODID:-//shop//calendar//EN', ...lines, 'END:VCALENDAR', ''];
  return Buffer.from(whole.join(CRLF));
}

function event(...lines: string[]): string[] {
  return ['BEGIN:VEVENT', 'UID:sale@shop.example', 'DTSTAMP:20260101T000000Z', ...lines, 'END:VEVENT'];
}

const BERLIN = [
  'BEGIN:VTIMEZONE',
  'TZID:Europe/Berlin',
  'BEGIN:DAYLIGHT',
  'TZOFFSETFROM:+0100',
  'TZOFFSETTO:+0200',
  'DTSTART:19700329T020000',
  'RRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=-1SU',
  'END:DAYLIGHT',
  'BEGIN:STANDARD',
  'TZOFFSETFROM:+0200',
  'TZOFFSETTO:+0100',
  'DTSTART:19701025T030000',
  'RRULE:FREQ=YEARLY;BYMONTH=10;BYDAY=-1SU',
  'END:STANDARD',
  'END:VTIMEZONE',
];

/** The windows that a feed gives at a moment, as instants. */
async function met(bytes: Uint8Array, at: string): Promise<[string, string][]> {
  const { recurrences, doubts } = await parseFeed(bytes, RANGE);
  const seen = await observeCalendar(
    question(
      { windows: { sale: { kind: 'freeze', feed: { name: 'promotions' } } }, feeds: { promotions: { file: 'x.ics' } } },
      at,
      {
        feeds: new Map([
          ['promotions', { recurrences, seen: { name: 'promotions', state: 'fresh', note: '', doubts } }],
        ]),
      },
    ),
  );
  return seen.met.map(({ start, end }) => [start, end]);
}

describe('a feed', () => {
  it('is read with CRLF folding, unknown properties and a VTIMEZONE that says what the zone says', async () => {
    const bytes = ics(
      'X-WR-CALNAME:Promotions',
      'X-STRANGE;X-PARAM="a;b":1,2',
      ...BERLIN,
      ...event(
        'DTSTART;TZID=Europe/',
        ' Berlin:20261127T0800',
        ' 00',
        'DTEND;TZID=Europe/Berlin:20261127T200000',
        'X-FOO:bar',
      ),
    );
    const { doubts, events } = await parseFeed(bytes, RANGE);
    expect({ doubts, events }).toEqual({ doubts: [], events: 1 });
    expect(await met(bytes, '2026-11-27T12:00:00Z')).toEqual([
      ['2026-11-27T07:00:00.000Z', '2026-11-27T19:00:00.000Z'],
    ]);
  });

  it.each([
    ['UTC', ['DTSTART:20261127T080000Z', 'DTEND:20261127T200000Z'], '2026-11-27T08:00:00.000Z'],
    ['floating: the clock of the window', ['DTSTART:20261127T080000', 'DURATION:PT12H'], '2026-11-27T07:00:00.000Z'],
    ['a whole day', ['DTSTART;VALUE=DATE:20261127'], '2026-11-26T23:00:00.000Z'],
    [
      'whole days, the end not included',
      ['DTSTART;VALUE=DATE:20261127', 'DTEND;VALUE=DATE:20261130'],
      '2026-11-26T23:00:00.000Z',
    ],
    [
      'a zone that this runtime knows, without VTIMEZONE',
      ['DTSTART;TZID=America/New_York:20261127T030000', 'DURATION:PT8H'],
      '2026-11-27T08:00:00.000Z',
    ],
  ])('understands %s', async (_, lines, start) => {
    const [[from] = []] = await met(ics(...event(...lines)), '2026-11-27T12:00:00Z');
    expect(from).toBe(start);
  });

  it('goes by a zone that only the feed knows', async () => {
    const own = BERLIN.map((line) => line.replace('Europe/Berlin', 'W. Europe Standard Time'));
    const summer = ics(...own, ...event('DTSTART;TZID="W. Europe Standard Time":20270701T080000', 'DURATION:PT8H'));
    expect(await met(summer, '2027-07-01T07:00:00Z')).toEqual([
      ['2027-07-01T06:00:00.000Z', '2027-07-01T14:00:00.000Z'],
    ]);
  });

  it('takes the wider reading where its VTIMEZONE contradicts the zone', async () => {
    const winterOnly = BERLIN.filter((_, index) => index < 2 || index > 7).map((line) =>
      line.replace('TZOFFSETFROM:+0200', 'TZOFFSETFROM:+0100'),
    );
    const bytes = ics(...winterOnly, ...event('DTSTART;TZID=Europe/Berlin:20270701T080000', 'DURATION:PT8H'));
    const { doubts } = await parseFeed(bytes, RANGE);
    expect(doubts).toEqual(['VTIMEZONE Europe/Berlin keeps another time than the zone of that name']);
    // summer time says 06:00Z to 14:00Z, the feed's own table 07:00Z to 15:00Z
    expect(await met(bytes, '2027-07-01T08:00:00Z')).toEqual([
      ['2027-07-01T06:00:00.000Z', '2027-07-01T15:00:00.000Z'],
    ]);
  });

  it('follows a series with exceptions, additions, moved and cancelled occurrences', async () => {
    const bytes = ics(
      ...event(
        'DTSTART;TZID=Europe/Berlin:20261101T080000',
        'DTEND;TZID=Europe/Berlin:20261101T090000',
        'RRULE:FREQ=DAILY;UNTIL=20261130T070000Z',
        'EXDATE;TZID=Europe/Berlin:20261123T080000',
        'RDATE;TZID=Europe/Berlin:20261215T080000',
      ),
      ...event(
        'RECURRENCE-ID;TZID=Europe/Berlin:20261124T080000',
        'DTSTART;TZID=Europe/Berlin:20261124T100000',
        'DTEND;TZID=Europe/Berlin:20261124T110000',
      ),
      ...event(
        'RECURRENCE-ID;TZID=Europe/Berlin:20261125T080000',
        'DTSTART;TZID=Europe/Berlin:20261125T080000',
        'STATUS:CANCELLED',
      ),
    );
    const open = async (at: string) => (await met(bytes, at)).some(([start]) => start === at.replace('Z', '.000Z'));
    expect(await open('2026-11-22T07:00:00Z')).toBe(true);
    expect(await open('2026-11-23T07:00:00Z')).toBe(false); // EXDATE
    expect(await open('2026-11-24T07:00:00Z')).toBe(false); // moved away
    expect(await open('2026-11-24T09:00:00Z')).toBe(true); // to here
    expect(await open('2026-11-25T07:00:00Z')).toBe(false); // cancelled
    expect(await open('2026-11-30T07:00:00Z')).toBe(true); // UNTIL is included
    expect(await open('2026-12-01T07:00:00Z')).toBe(false);
    expect(await open('2026-12-15T07:00:00Z')).toBe(true); // RDATE
  });

  it('doubts an event without length, and leaves out cancelled ones', async () => {
    const bytes = ics(...event('DTSTART:20261127T080000Z'), ...event('DTSTART:20261127T080000Z', 'STATUS:CANCELLED'));
    const { doubts, events } = await parseFeed(bytes, RANGE);
    expect({ doubts, events }).toEqual({
      doubts: ['event sale@shop.example has no length and closes nothing'],
      events: 1,
    });
  });

  it.each([
    ['a date that does not exist', event('DTSTART:20260230T080000Z', 'DURATION:PT1H'), /no date/],
    ['an end before the start', event('DTSTART:20261127T080000Z', 'DTEND:20261126T080000Z'), /ends before it starts/],
    [
      'a zone that nobody knows',
      event('DTSTART;TZID=Mars/Olympus:20261127T080000', 'DURATION:PT1H'),
      /neither known nor defined/,
    ],
    [
      'a rule for every second',
      event('DTSTART:20261127T080000Z', 'DURATION:PT1H', 'RRULE:FREQ=SECONDLY'),
      /FREQ=SECONDLY/,
    ],
    [
      'a rule with a million occurrences',
      event('DTSTART:20261127T080000Z', 'DURATION:PT1H', 'RRULE:FREQ=DAILY;COUNT=1000000'),
      /COUNT=1000000/,
    ],
    [
      'a zone whose clocks change every second',
      [
        ...BERLIN.map((line) => line.replace('YEARLY', 'SECONDLY')),
        ...event('DTSTART;TZID=Europe/Berlin:20261127T080000', 'DURATION:PT1H'),
      ],
      /other than yearly/,
    ],
    ['two starts', event('DTSTART:20261127T080000Z', 'DTSTART:20261128T080000Z', 'DURATION:PT1H'), /DTSTART twice/],
    ['no start', event('DURATION:PT1H'), /no DTSTART/],
  ])('is refused with its reason: %s', async (_, lines, reason) => {
    await expect(parseFeed(ics(...lines), RANGE)).rejects.toThrow(reason);
  });

  it.each([
    ['no calendar', Buffer.from('<html>Please log in</html>'), /no iCalendar file/],
    ['empty', Buffer.from(''), /no iCalendar file|no VCALENDAR/],
    ['cut in the middle', ics(...event('DTSTART:20261127T080000Z')).subarray(0, 90), /no iCalendar file/],
    ['not UTF-8', Buffer.from([0xff, 0xfe, 0x42]), /no iCalendar file/],
    ['too large', Buffer.alloc(FEED_LIMIT + 1), /at most/],
  ])('is refused: %s', async (_, bytes, reason) => {
    await expect(parseFeed(bytes, RANGE)).rejects.toThrow(reason);
  });

  it('is refused with 100,000 events, by size or by number', async () => {
    const many = Array.from(
      { length: 100_000 },
      () => 'BEGIN:VEVENT\r\nUID:1\r\nDTSTART:20261127T080000Z\r\nEND:VEVENT',
    ).join(CRLF);
    await expect(parseFeed(ics(many), RANGE)).rejects.toThrow(/100000 events; at most 20000|bytes; at most/);
  });
});
