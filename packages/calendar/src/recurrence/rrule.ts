import { CalendarError } from '../calendar-error.ts';
import { overlap, type Recurrence, type Wall, yearOf } from '../wall.ts';
import { checkRule, MOST_OCCURRENCES } from './check-rule.ts';
import { icsLocal } from './ics-time.ts';

/** A recurrence as RFC 5545 has it, on one wall clock. */
export interface Rule {
  /** DTSTART: the first occurrence, which counts even where the rule does not match it. */
  start: Wall;
  /** The value of RRULE. A UNTIL is local time, whether it ends in Z or not. */
  rule: string;
  /** Length of each occurrence on the wall clock, in milliseconds. */
  length: number;
  /** EXDATE and RDATE. */
  except: readonly Wall[];
  also: readonly Wall[];
}

/**
 * An RFC 5545 recurrence. The library expands it on the wall clock (in UTC, where no hour is missing or
 * double), so that what daylight saving does to a window is decided in one place, `zones/interval.ts`.
 *
 * @throws CalendarError when the rule cannot be read, or asks for more than a calendar may
 */
export async function rrule(rule: Rule, name: string): Promise<Recurrence> {
  checkRule(rule.rule, name);
  const { RRuleTemporal } = await import('rrule-temporal');
  const lines = [`DTSTART:${icsLocal(rule.start)}Z`, `RRULE:${withUtcUntil(rule.rule)}`];
  if (rule.also.length > 0) lines.push(`RDATE:${rule.also.map((at) => `${icsLocal(at)}Z`).join(',')}`);
  if (rule.except.length > 0) lines.push(`EXDATE:${rule.except.map((at) => `${icsLocal(at)}Z`).join(',')}`);
  const { length } = rule;
  const starts = (() => {
    try {
      return new RRuleTemporal({
        rruleString: lines.join('\n'),
        strict: true,
        maxIterations: MOST_OCCURRENCES,
        cache: false,
      });
    } catch (cause) {
      throw new CalendarError(
        `The rule of ${name} cannot be read (${(cause as Error).message}): "${rule.rule}". Write it as RFC 5545 says, for example FREQ=MONTHLY;BYDAY=-1FR.`,
        { cause },
      );
    }
  })();
  return (from, to) => {
    try {
      const found = starts.between(new Date(from - length), new Date(to), true);
      if (found.length > MOST_OCCURRENCES) throw new RangeError(`it gives ${found.length} occurrences`);
      return found
        .map(({ epochMilliseconds }) => ({ from: epochMilliseconds, to: epochMilliseconds + length }))
        .filter((spell) => overlap(spell, from, to));
    } catch (cause) {
      throw new CalendarError(
        `The rule of ${name} could not be followed from ${yearOf(from)} on (${(cause as Error).message}): "${rule.rule}". Give it fewer occurrences or a nearer start.`,
        { cause },
      );
    }
  };
}

/** UNTIL is local, like the start; the library wants it in the form of the start. */
function withUtcUntil(rule: string): string {
  return rule.replace(
    /UNTIL=(\d{8})(T\d{6})?Z?/i,
    (_, day: string, time?: string) => `UNTIL=${day}${time ?? 'T235959'}Z`,
  );
}
