/** A moment as RFC 3339 in UTC with milliseconds, for example `2026-11-27T05:00:00.000Z`. */
export type Instant = string;

const RFC3339 = /^(\d{4})-(\d{2})-(\d{2})[Tt](\d{2}):(\d{2}):(\d{2})(\.\d{1,9})?([Zz]|[+-]\d{2}:\d{2})$/;

/** Raised when a time or duration cannot be understood; the message says what form is taken. */
export class TimeFormatError extends Error {
  override readonly name = 'TimeFormatError';
}

/**
 * Reads an RFC 3339 time; an offset is required, because a time without one means something else on
 * every machine. Impossible dates (30 February) are refused instead of rolled over, and so are leap
 * seconds, which this platform's time does not have.
 *
 * @throws TimeFormatError
 */
export function parseInstant(text: string): Instant {
  const found = RFC3339.exec(text.trim());
  if (!found) {
    throw new TimeFormatError(
      `"${text}" is no RFC 3339 time with an offset. Write it like 2026-11-27T06:00:00+01:00 or 2026-11-27T05:00:00Z.`,
    );
  }
  const [, year, month, day, hour, minute, second] = found.map(Number);
  const wall = new Date(Date.UTC(year as number, (month as number) - 1, day, hour, minute, second));
  const exists =
    wall.getUTCFullYear() === year &&
    wall.getUTCMonth() + 1 === month &&
    wall.getUTCDate() === day &&
    wall.getUTCHours() === hour &&
    wall.getUTCMinutes() === minute &&
    wall.getUTCSeconds() === second;
  const millis = Date.parse(text.trim().toUpperCase());
  if (!exists || Number.isNaN(millis)) throw new TimeFormatError(`"${text}" is a date or time that does not exist.`);
  return new Date(millis).toISOString();
}

/** Milliseconds since the epoch of an instant, also of one in a document that is kept as it was written. */
export function millisOf(instant: Instant): number {
  const millis = Date.parse(instant.trim().toUpperCase());
  if (Number.isNaN(millis)) throw new TimeFormatError(`"${instant}" is not an instant.`);
  return millis;
}

/** The instant that lies so many milliseconds after the epoch. */
export function instantOf(millis: number): Instant {
  return new Date(millis).toISOString();
}
