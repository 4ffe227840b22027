import type { CalendarWindow } from '@tillgate/policy';
import { parseDuration } from '@tillgate/release';
import { CalendarError } from '../calendar-error.ts';
import { overlap, type Recurrence, wallOf, yearOf } from '../wall.ts';
import { icsLocal } from './ics-time.ts';

/** No rule of a calendar needs more occurrences in one question; more is a mistake or an attack. */
const MOST = 20_000;
const FREQUENCIES = ['YEARLY', 'MONTHLY', 'WEEKLY', 'DAILY', 'HOURLY'];

/**
 * An RFC 5545 recurrence. The library expands it on the wall clock (in UTC, where no hour is missing or
 * double), so that what daylight saving does to a window is decided in one place, `zones/interval.ts`.
 *
 * @throws CalendarError when the rule cannot be read, or asks for more than a calendar may
 */
export async function rrule(rule: NonNullable<CalendarWindow['rrule']>, name: string): Promise<Recurrence> {
  checkRule(rule.rule, name);
  const { RRuleTemporal } = await import('rrule-temporal');
  const lines = [`DTSTART:${icsLocal(wallOf(rule.start))}Z`, `RRULE:${withUtcUntil(rule.rule)}`];
  if (rule.also.length > 0) lines.push(`RDATE:${rule.also.map((at) => `${icsLocal(wallOf(at))}Z`).join(',')}`);
  if (rule.except.length > 0) lines.push(`EXDATE:${rule.except.map((at) => `${icsLocal(wallOf(at))}Z`).join(',')}`);
  const length = parseDuration(rule.lasts);
  const starts = (() => {
    try {
      return new RRuleTemporal({ rruleString: lines.join('\n'), strict: true, maxIterations: MOST, cache: false });
    } catch (cause) {
      throw new CalendarError(
        `The rule of window ${name} cannot be read (${(cause as Error).message}): "${rule.rule}". Write it as RFC 5545 says, for example FREQ=MONTHLY;BYDAY=-1FR.`,
        { cause },
      );
    }
  })();
  return (from, to) => {
    try {
      return starts
        .between(new Date(from - length), new Date(to), true)
        .map(({ epochMilliseconds }) => ({ from: epochMilliseconds, to: epochMilliseconds + length }))
        .filter((spell) => overlap(spell, from, to));
    } catch (cause) {
      throw new CalendarError(
        `The rule of window ${name} could not be followed from ${yearOf(from)} on (${(cause as Error).message}): "${rule.rule}". Give it fewer occurrences or a nearer start.`,
        { cause },
      );
    }
  };
}

function checkRule(text: string, name: string): void {
  const parts = new Map(text.split(';').map((part) => part.toUpperCase().split('=', 2) as [string, string]));
  const frequency = parts.get('FREQ');
  if (frequency === undefined || !FREQUENCIES.includes(frequency)) {
    throw new CalendarError(
      `The rule of window ${name} has FREQ=${frequency ?? 'nothing'}; a calendar of release windows takes ${FREQUENCIES.join(', ')}: "${text}".`,
    );
  }
  const count = Number(parts.get('COUNT') ?? 1);
  if (!Number.isInteger(count) || count < 1 || count > MOST) {
    throw new CalendarError(
      `The rule of window ${name} has COUNT=${parts.get('COUNT')}; from 1 to ${MOST} are taken. Leave COUNT out for a rule without end, or write UNTIL.`,
    );
  }
  for (const part of ['BYSECOND', 'RSCALE', 'SKIP']) {
    if (parts.has(part)) throw new CalendarError(`The rule of window ${name} uses ${part}, which is not taken here.`);
  }
}

/** UNTIL is local, like the start; the library wants it in the form of the start. */
function withUtcUntil(rule: string): string {
  return rule.replace(
    /UNTIL=(\d{8})(T\d{6})?Z?/i,
    (_, day: string, time?: string) => `UNTIL=${day}${time ?? 'T235959'}Z`,
  );
}
