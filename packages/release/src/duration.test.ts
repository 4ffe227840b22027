import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { formatDuration, parseDuration } from './duration.ts';
import { TimeFormatError } from './instant.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

describe('parseDuration', () => {
  it.each([
    ['PT36H', 36 * HOUR], // ISO 8601: PT36H is P1DT12H
    ['P1DT12H', 36 * HOUR],
    ['P4W', 28 * DAY],
    ['PT0S', 0],
    ['PT1M', MINUTE], // M after T is minutes, before it months
    ['PT0.5S', 500],
    ['45m', 45 * MINUTE],
    ['1h30m', 90 * MINUTE],
    ['2d', 2 * DAY],
    ['1w', 7 * DAY],
    ['90s', 90_000],
  ])('%s', (text, millis) => expect(parseDuration(text)).toBe(millis));

  it.each([
    'P1M',
    'P1Y',
    'P3Y6M4DT12H30M5S',
    '15',
    '1.5h',
    '-5m',
    'PT-5M',
    'P',
    'PT',
    'P1DT',
    '',
    'm',
    '30m1h',
    '45M',
    '1 h',
    'PT1,5S',
    '5min',
    `${'9'.repeat(400)}w`,
    '999999999w',
  ])('refuses %s', (text) => expect(() => parseDuration(text)).toThrow(TimeFormatError));

  it('is the sum of its parts in both forms', () => {
    const part = fc.nat(999);
    fc.assert(
      fc.property(part, part, part, part, (d, h, m, s) => {
        const sum = d * DAY + h * HOUR + m * MINUTE + s * 1_000;
        expect(parseDuration(`P${d}DT${h}H${m}M${s}S`)).toBe(sum);
        expect(parseDuration(`${d}d${h}h${m}m${s}s`)).toBe(sum);
      }),
    );
  });
});

it.each([
  [0, '0 s'],
  [400, '0 s'],
  [-100, '0 s'],
  [59_600, '1 min'],
  [90_000, '1 min 30 s'],
  [36 * HOUR, '1 d 12 h'],
  [DAY + 5 * MINUTE, '1 d'],
  [-2 * HOUR, '-2 h'],
])('formatDuration(%d) is %s', (millis, text) => expect(formatDuration(millis)).toBe(text));
