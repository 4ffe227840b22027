import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { instantOf, millisOf, parseInstant, TimeFormatError } from './instant.ts';
import { instantSchema } from './verdict-schema.ts';

describe('parseInstant', () => {
  // The examples of RFC 3339, section 5.8, with the UTC that the RFC gives for them.
  it.each([
    ['1985-04-12T23:20:50.52Z', '1985-04-12T23:20:50.520Z'],
    ['1996-12-19T16:39:57-08:00', '1996-12-20T00:39:57.000Z'],
    ['1937-01-01T12:00:27.87+00:20', '1937-01-01T11:40:27.870Z'],
    ['1996-12-20t00:39:57z', '1996-12-20T00:39:57.000Z'], // section 5.6: T and Z may be lower case
    ['2026-11-27T06:00:00-00:00', '2026-11-27T06:00:00.000Z'], // section 4.3: local offset unknown, UTC known
    ['2024-02-29T12:00:00Z', '2024-02-29T12:00:00.000Z'],
  ])('%s', (text, utc) => expect(parseInstant(text)).toBe(utc));

  it.each([
    ['1990-12-31T23:59:60Z', 'a leap second (RFC 3339, 5.8), which this platform has not'],
    ['2026-02-29T00:00:00Z', 'no leap year'],
    ['2100-02-29T00:00:00Z', 'no leap year either (RFC 3339, appendix C)'],
    ['2026-04-31T00:00:00Z', 'thirty days'],
    ['2026-13-01T00:00:00Z', 'thirteenth month'],
    ['2026-11-27T24:00:00Z', 'hours end with 23 in RFC 3339'],
    ['2026-11-27T06:00:00+25:00', 'no such offset'],
    ['2026-11-27T06:00:00+01:75', 'no such offset'],
    ['2026-11-27T06:00:00', 'no offset'],
    ['2026-11-27 06:00:00Z', 'a blank'],
    ['2026-11-27', 'a date only'],
    ['2026-11-27T06:00Z', 'no seconds'],
    ['20261127T060000Z', 'ISO 8601 basic format'],
    ['1795755600', 'seconds since the epoch'],
    ['', 'nothing'],
    ['2026-11-27T06:00:00+0100', 'offset without colon'],
  ])('refuses %s: %s', (text) => expect(() => parseInstant(text)).toThrow(TimeFormatError));

  it('reads every moment that a Date can write, at any offset', () => {
    const moments = fc.date({
      min: new Date('0100-01-02T00:00:00Z'),
      max: new Date('9999-12-30T00:00:00Z'),
      noInvalidDate: true,
    });
    fc.assert(
      fc.property(moments, fc.integer({ min: -14 * 60, max: 14 * 60 }), (moment, offset) => {
        const wall = new Date(moment.getTime() + offset * 60_000).toISOString().slice(0, -1);
        const two = (n: number) => String(Math.floor(n)).padStart(2, '0');
        const zone = `${offset < 0 ? '-' : '+'}${two(Math.abs(offset) / 60)}:${two(Math.abs(offset) % 60)}`;
        expect(parseInstant(wall + zone)).toBe(moment.toISOString());
        expect(millisOf(wall + zone)).toBe(moment.getTime());
        expect(instantOf(moment.getTime())).toBe(moment.toISOString());
      }),
    );
  });

  it('takes nothing that the schema of documents lets through and millisOf reads otherwise', () => {
    for (const text of [' 2026-11-27T06:00:00+01:00 ', '2026-11-27t05:00:00z']) {
      expect(instantSchema.safeParse(text).success).toBe(true);
      expect(millisOf(text)).toBe(Date.UTC(2026, 10, 27, 5));
    }
    expect(() => millisOf('soon')).toThrow(TimeFormatError);
  });
});
