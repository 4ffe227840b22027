import { parseDuration } from '@tillgate/release';
import * as z from 'zod';

/** A duration as people write it (`45m`, `PT45M`), kept as written; `parseDuration` gives milliseconds. */
export const durationSchema = z
  .string()
  .max(40)
  .refine(isDuration, 'is no duration: write ISO 8601 (PT45M) or short (45m, 1h30m, 2d)');

/** An IANA time zone that this runtime knows. */
export const zoneSchema = z
  .string()
  .max(64)
  .refine(isZone, 'is no time zone that is known here: write it like Europe/Berlin');

/** The numeric id of a GitHub account: names can be changed and taken over, ids cannot. */
export const accountSchema = z.int().positive();

function isDuration(text: string): boolean {
  try {
    return parseDuration(text) >= 0;
  } catch {
    return false; // the reason is in the message of the schema
  }
}

function isZone(name: string): boolean {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: name }).format(0) !== '';
  } catch {
    return false; // Intl answers an unknown zone with a RangeError; the reason is in the message of the schema
  }
}
