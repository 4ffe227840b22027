import type { CalendarWindow } from '@tillgate/policy';
import { parseDuration } from '@tillgate/release';
import type { Cron } from 'croner';
import { CalendarError } from '../calendar-error.ts';
import { DAY, overlap, type Recurrence, type Spell, type Wall } from '../wall.ts';

/** Hourly for a year is 8,784; a line that fires more often is no release window. */
const MOST = 10_000;
/** A window that closes by a second line closes within this time, or never. */
const LONGEST = 366 * DAY;

/**
 * Windows written as cron lines, for those who have them: a start with a length, or a start and an end
 * line. Lines are read on the wall clock (in UTC, where no hour is missing or double).
 *
 * @throws CalendarError when a line cannot be read, never fires, or fires more often than hourly
 */
export async function cron(lines: NonNullable<CalendarWindow['cron']>, name: string): Promise<Recurrence> {
  const { Cron } = await import('croner');
  const read = (line: string): Cron => {
    try {
      return new Cron(line, { timezone: 'UTC', mode: '5-part', paused: true });
    } catch (cause) {
      throw new CalendarError(`The cron line "${line}" of ${name} cannot be read: ${(cause as Error).message}`, {
        cause,
      });
    }
  };
  const start = read(lines.start);
  const end = lines.end === undefined ? undefined : read(lines.end);
  const length = lines.lasts === undefined ? LONGEST : parseDuration(lines.lasts);
  return (from, to) => {
    const spells: Spell[] = [];
    let open: Wall | undefined = next(start, from - length - 1);
    for (let seen = 0; open !== undefined && open < to; seen++) {
      if (seen === MOST) {
        throw new CalendarError(`The cron line "${lines.start}" of ${name} fires too often for a release window.`);
      }
      const close = end ? (next(end, open) ?? open + LONGEST) : open + length;
      const spell = { from: open, to: close };
      if (overlap(spell, from, to)) spells.push(spell);
      // with an end line, what fires while the window is open changes nothing
      open = next(start, end ? close - 1 : open);
    }
    return spells;
  };
}

/** The first match strictly after a local time. */
function next(line: Cron, after: Wall): Wall | undefined {
  return line.nextRun(new Date(after))?.getTime();
}
