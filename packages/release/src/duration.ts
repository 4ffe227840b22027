import { TimeFormatError } from './instant.ts';

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const WEEK = 7 * DAY;
/** Beyond this, a time plus a duration would no longer be a date. */
const LONGEST = 365_250 * DAY;

const ISO = /^P(?=.)(?:(\d+)W)?(?:(\d+)D)?(?:T(?=.)(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:\.\d+)?)S)?)?$/;
const SHORT = /^(?=.)(?:(\d+)w)?(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?$/;

/**
 * Reads a duration in milliseconds, written as ISO 8601 (`PT45M`, `P1DT2H`) or short (`45m`, `1h30m`, `2d`).
 * Years and months are refused: their length depends on the date. A bare number is refused: it has no unit.
 * Longer than a thousand years is refused.
 *
 * @throws TimeFormatError
 */
export function parseDuration(text: string): number {
  const trimmed = text.trim();
  const found = ISO.exec(trimmed) ?? SHORT.exec(trimmed);
  if (!found) {
    throw new TimeFormatError(
      `"${text}" is no duration. Write it as ISO 8601 (PT45M, P1DT2H) or short (45m, 1h30m, 2d); years, months and bare numbers are not taken.`,
    );
  }
  const [weeks = 0, days = 0, hours = 0, minutes = 0, seconds = 0] = found.slice(1).map((part) => Number(part ?? 0));
  const millis = weeks * WEEK + days * DAY + hours * HOUR + minutes * MINUTE + seconds * SECOND;
  if (millis > LONGEST) throw new TimeFormatError(`"${text.slice(0, 80)}" is longer than a thousand years.`);
  return millis;
}

/** A duration in milliseconds for people: the two largest units that are not zero, for example `2 d 4 h`. */
export function formatDuration(millis: number): string {
  const sign = millis < 0 ? '-' : '';
  const rest = Math.round(Math.abs(millis) / SECOND) * SECOND;
  const units: [number, string][] = [
    [Math.floor(rest / DAY), 'd'],
    [Math.floor((rest % DAY) / HOUR), 'h'],
    [Math.floor((rest % HOUR) / MINUTE), 'min'],
    [(rest % MINUTE) / SECOND, 's'],
  ];
  const first = units.findIndex(([amount]) => amount > 0);
  if (first < 0) return '0 s';
  const told = units.slice(first, first + 2).filter(([amount]) => amount > 0);
  return sign + told.map(([amount, unit]) => `${amount} ${unit}`).join(' ');
}
