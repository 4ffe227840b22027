import { calendarSection } from '@tillgate/policy';
import { digestOf, instantOf } from '@tillgate/release';
import type * as z from 'zod';
import type { CalendarQuestion } from '../observe.ts';

const HOUR = 3_600_000;

/** A question with everything that a case does not care about; for tests and benchmarks. */
export function question(
  calendar: z.input<typeof calendarSection>,
  at: string,
  rest: Partial<CalendarQuestion> = {},
): CalendarQuestion {
  const moment = instantOf(Date.parse(at));
  return {
    calendar: calendarSection.parse(calendar),
    policy: digestOf('the policy'),
    environment: { name: 'production', timezone: 'Europe/Berlin' },
    class: 'standard',
    kinds: ['application'],
    release: digestOf('a release'),
    purpose: 'release',
    at: moment,
    now: moment,
    deployMs: HOUR / 4,
    watchMs: 2 * HOUR,
    clock: { source: 'test' },
    ...rest,
  };
}
