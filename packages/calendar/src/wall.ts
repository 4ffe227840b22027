/**
 * A local date and time without a zone, as the clock on the wall shows it: milliseconds since
 * 1970-01-01T00:00 on that clock. Arithmetic on it never meets daylight saving; a zone turns it into instants.
 */
export type Wall = number;

/** A stretch of local time, half-open: `to` is not part of it. */
export interface Spell {
  from: Wall;
  to: Wall;
}

/** Every spell of a window that touches [from, to), in no particular order. */
export type Recurrence = (from: Wall, to: Wall) => Spell[];

export const MINUTE = 60_000;
export const HOUR = 60 * MINUTE;
export const DAY = 24 * HOUR;

/** Reads `2026-11-26` or `2026-11-26T18:30` (24:00 is the end of the day); the policy's schema has checked it. */
export function wallOf(text: string): Wall {
  return Date.parse(text.length === 10 ? `${text}T00:00Z` : `${text}Z`);
}

/** Midnight at the start of a local day; month 1 to 12, days may run over. */
export function dayOf(year: number, month: number, day: number): Wall {
  return Date.UTC(year, month - 1, day);
}

/** Midnight at the start of the day in which this moment lies. */
export function midnightOf(wall: Wall): Wall {
  return Math.floor(wall / DAY) * DAY;
}

/** Day of the week, 0 (Monday) to 6 (Sunday). */
export function weekdayOf(wall: Wall): number {
  return (Math.floor(wall / DAY) + 3) % 7; // 1970-01-01 was a Thursday
}

export function yearOf(wall: Wall): number {
  return new Date(wall).getUTCFullYear();
}

/** `2026-11-26T18:30`, the form in which the policy writes it. */
export function formatWall(wall: Wall): string {
  return new Date(wall).toISOString().slice(0, 16);
}

/** Milliseconds after midnight of `06:30` or `24:00`. */
export function timeOfDay(text: string): number {
  const [hour = 0, minute = 0] = text.split(':').map(Number);
  return hour * HOUR + minute * MINUTE;
}

/** Whether two half-open stretches share a moment. */
export function overlap(a: Spell, from: number, to: number): boolean {
  return a.from < to && a.to > from;
}
