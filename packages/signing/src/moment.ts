import { parseInstant } from '@tillgate/release';
import * as z from 'zod';

/** A moment in the one form that records use, so that it compares and prints alike everywhere. */
export const moment = z
  .string()
  .max(40)
  .refine(isOneForm, 'must be RFC 3339 in UTC with milliseconds, like 2026-11-27T05:00:00.000Z')
  .meta({ format: 'date-time' });

function isOneForm(value: string): boolean {
  try {
    return parseInstant(value) === value;
  } catch {
    return false;
  }
}
