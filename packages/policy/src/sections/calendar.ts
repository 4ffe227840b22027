import { CHANGE_KINDS, instantSchema, RELEASE_CLASSES, sha256Schema } from '@tillgate/release';
import * as z from 'zod';
import { durationSchema, zoneSchema } from '../words-schema.ts';

/** What a freeze does, from telling to closing. */
export const FREEZE_LEVELS = ['advise', 'block', 'block-all-but-emergency'] as const;
export const WEEKDAYS = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const;

/** Retail events whose dates are computed from the year alone. */
export const COMPUTED_EVENTS = [
  'thanksgiving',
  'black-friday',
  'cyber-monday',
  'black-friday-weekend',
  'singles-day',
  'christmas',
  'boxing-day',
  'easter',
  'orthodox-easter',
  'ramadan',
  'eid-al-fitr',
  'eid-al-adha',
  'nrf-period-end',
  'nrf-year-end',
  'month-end-close',
  'quarter-end-close',
  'year-end-close',
] as const;
/** Retail events whose dates the policy configures beside their name. */
export const CONFIGURED_EVENTS = ['back-to-school', 'payday', 'opening-hours'] as const;

const name = z
  .string()
  .regex(/^[a-z0-9][a-z0-9._-]{0,99}$/, 'must be lower-case letters, digits, dots, hyphens and underscores');
const zone = zoneSchema.refine(
  (text) => !/^[+-]/.test(text),
  'is an offset, not a zone: it knows no daylight saving. Write a zone like Europe/Berlin',
);
const localTime = z
  .string()
  .regex(
    /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}$/,
    'must be a local date and time like 2026-11-26T00:00 (the zone stands beside it)',
  )
  .refine(isLocalTime, 'is a date or time that does not exist');
const date = z
  .string()
  .regex(/^\d{4}-\d{2}-\d{2}$/, 'must be a date like 2026-11-26')
  .refine((text) => isLocalTime(`${text}T00:00`), 'is a date that does not exist');
const dayOfYear = z
  .string()
  .regex(/^\d{2}-\d{2}$/, 'must be a month and day like 08-15')
  .refine((text) => isLocalTime(`2024-${text}T00:00`), 'is a day that does not exist');
const timeOfDay = z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$|^24:00$/, 'must be a time of day like 06:30, or 24:00');
const positive = durationSchema.refine((text) => /[1-9]/.test(text), 'must be longer than nothing');
const cronLine = z
  .string()
  .max(100)
  .regex(/^\S+( +\S+){4}$/, 'must have the five fields of cron: minute hour day-of-month month day-of-week');

const timetable = z
  .array(
    z.strictObject({
      days: z.array(z.enum(WEEKDAYS)).min(1),
      from: timeOfDay,
      to: timeOfDay.describe('Local end, not included; at or before `from` it is on the next day.'),
    }),
  )
  .min(1)
  .max(50);

const once = z
  .strictObject({
    from: localTime.describe('Local start.'),
    to: localTime.describe('Local end, not included.'),
  })
  .refine(
    ({ from, to }) => from < to,
    'ends before it starts, or is empty: `to` is the first minute that is open again',
  );

const rrule = z.strictObject({
  start: localTime.describe('Local start of the first occurrence (DTSTART).'),
  rule: z.string().min(6).max(1_000).describe('RFC 5545 RRULE without its name, for example FREQ=MONTHLY;BYDAY=-1FR.'),
  lasts: positive.describe('Length by the clock on the wall: 8h from 22:00 ends at 06:00 in every night of the year.'),
  except: z.array(localTime).max(1_000).default([]).describe('Starts that do not take place (EXDATE).'),
  also: z.array(localTime).max(1_000).default([]).describe('Further starts (RDATE).'),
});

const cron = z
  .strictObject({
    start: cronLine,
    lasts: positive.optional(),
    end: cronLine.optional().describe('Instead of `lasts`: closes at the first match after the start.'),
  })
  .refine(({ lasts, end }) => (lasts === undefined) !== (end === undefined), 'needs either `lasts` or `end`');

const event = z
  .strictObject({
    name: z.enum([...COMPUTED_EVENTS, ...CONFIGURED_EVENTS]),
    before: durationSchema.default('0m').describe('Starts so much earlier, by the clock on the wall.'),
    after: durationSchema.default('0m').describe('Ends so much later.'),
    from: dayOfYear.optional().describe('back-to-school: first day of the season.'),
    to: dayOfYear.optional().describe('back-to-school: last day of the season, included.'),
    days: z
      .array(z.union([z.int().min(1).max(31), z.literal('last')]))
      .min(1)
      .optional()
      .describe('payday: days of the month.'),
    weekend: z
      .enum(['keep', 'before', 'after'])
      .optional()
      .describe('payday: where a payday on a weekend or holiday moves to.'),
    businessDaysBefore: z
      .int()
      .min(0)
      .max(15)
      .optional()
      .describe('…-close: first business day, counted back from the last one.'),
    businessDaysAfter: z
      .int()
      .min(0)
      .max(15)
      .optional()
      .describe('…-close: last business day, counted in the new period.'),
    dates: z
      .array(z.strictObject({ from: date, to: date.describe('Last day, included.') }))
      .max(100)
      .default([])
      .describe('Known dates; they replace the computed ones of the same year (the moon is sighted, not computed).'),
  })
  .superRefine((value, context) => {
    const need = (key: 'from' | 'to' | 'days', when: boolean) => {
      if (when !== (value[key] !== undefined))
        context.addIssue({
          code: 'custom',
          path: [key],
          message: when ? `is needed for ${value.name}` : `means nothing for ${value.name}`,
        });
    };
    need('from', value.name === 'back-to-school');
    need('to', value.name === 'back-to-school');
    need('days', value.name === 'payday');
    const refuse = (key: 'weekend' | 'businessDaysBefore' | 'businessDaysAfter', fits: boolean) => {
      if (!fits && value[key] !== undefined)
        context.addIssue({ code: 'custom', path: [key], message: `means nothing for ${value.name}` });
    };
    refuse('weekend', value.name === 'payday');
    refuse('businessDaysBefore', value.name.endsWith('-close'));
    refuse('businessDaysAfter', value.name.endsWith('-close'));
  });

const feedTimes = z.strictObject({
  name,
  before: durationSchema.default('0m'),
  after: durationSchema.default('0m'),
});

const FORMS = ['once', 'rrule', 'weekly', 'cron', 'event', 'feed'] as const;

/** One window: what it does, when, and for whom. */
export const windowSchema = z
  .strictObject({
    kind: z
      .enum(['freeze', 'allow'])
      .describe('A freeze closes. Where allow windows apply, everything outside them is closed.'),
    level: z
      .enum(FREEZE_LEVELS)
      .default('block')
      .describe('How strictly it closes; of an allow window: how strictly the time outside it is closed.'),
    reason: z.string().max(500).optional().describe('For the people whom it stops.'),
    zone: z
      .union([z.literal('environment'), z.literal('tenants'), zone, z.array(zone).min(1).max(100)])
      .default('environment')
      .describe('Whose wall clock: of the environment, of each tenant concerned, or of the zones named.'),
    scope: z
      .strictObject({
        environments: z.array(z.string()).optional(),
        regions: z.array(z.string()).optional(),
        segments: z.array(z.string()).optional(),
        tenants: z.array(z.string()).optional(),
        classes: z.array(z.enum(RELEASE_CLASSES)).optional(),
        kinds: z.array(z.enum(CHANGE_KINDS)).optional(),
      })
      .default({})
      .describe('For whom; what is left out is not limited.'),
    once: once.optional(),
    rrule: rrule.optional(),
    weekly: timetable.optional(),
    cron: cron.optional(),
    event: event.optional(),
    feed: feedTimes.optional(),
  })
  .superRefine((value, context) => {
    const given = FORMS.filter((form) => value[form] !== undefined);
    if (given.length !== 1)
      context.addIssue({
        code: 'custom',
        message: `needs exactly one of ${FORMS.join(', ')}; it has ${given.length === 0 ? 'none' : given.join(' and ')}`,
      });
  });

const feed = z
  .strictObject({
    file: z.string().max(500).optional().describe('A path beside the policy, read from the same trusted ref.'),
    url: z
      .url({ protocol: /^https$/, error: 'must be an https address' })
      .max(2_000)
      .optional(),
    maxAge: positive.default('24h').describe('How old a copy may be when the feed cannot be reached.'),
    timeout: positive.default('10s'),
    zone: zone.optional().describe('Zone of its floating times and whole days; else the zone of the window.'),
    category: z.string().max(100).optional().describe('Only events of this category.'),
  })
  .refine(({ file, url }) => (file === undefined) !== (url === undefined), 'needs either `file` or `url`');

/**
 * A freeze lifted for one release. Release and approver are not demanded here: an exception that lacks them
 * is refused in the verdict, with the reason, instead of making the whole policy unreadable.
 */
export const exceptionSchema = z.strictObject({
  id: name,
  windows: z.array(name).min(1).max(100).describe('Names of the windows it lifts.'),
  release: sha256Schema.optional().describe('Digest of the one release it is for.'),
  reason: z.string().min(10).max(1_000),
  requestedBy: z.string().min(1).max(100),
  approvedBy: z.string().min(1).max(100).optional().describe('Another person.'),
  approvedAt: instantSchema,
  expires: instantSchema,
});

const tenant = z.strictObject({
  zone,
  region: z.string().max(64).optional(),
  segment: z.string().max(64).optional(),
  hours: timetable.optional().describe('When its stores are open.'),
});

/** What the policy says of freeze windows: when a release may go, and for whom. */
export const calendarSection = z
  .strictObject({
    windows: z.record(name, windowSchema).default({}),
    feeds: z.record(name, feed).default({}),
    tenants: z
      .record(z.string().regex(/^[A-Za-z0-9._-]{1,100}$/), tenant)
      .default({})
      .describe('Who lives in which zone. Without any, the environment is one place in its own zone.'),
    holidays: z.array(date).max(2_000).default([]).describe('Days besides the weekend on which no business is done.'),
    exceptions: z
      .strictObject({
        longest: positive.default('7d').describe('The longest time between approval and expiry.'),
        granted: z.array(exceptionSchema).max(1_000).default([]),
      })
      .prefault({}),
    zoneData: z
      .strictObject({
        minimum: z
          .string()
          .regex(/^20\d\d[a-z]$/, 'must be a release of the time-zone database like 2026c')
          .optional()
          .describe('The oldest time-zone data that may decide.'),
      })
      .prefault({}),
    clock: z
      .strictObject({
        ahead: durationSchema.default('1h').describe('How far `at` may lie ahead where the answer counts.'),
      })
      .prefault({}),
  })
  .superRefine((value, context) => {
    for (const [id, window] of Object.entries(value.windows)) {
      const wanted = window.feed?.name;
      if (wanted !== undefined && !Object.hasOwn(value.feeds, wanted))
        context.addIssue({
          code: 'custom',
          path: ['windows', id, 'feed', 'name'],
          message: `names no feed: "${wanted}" is not in calendar.feeds`,
        });
    }
  })
  .prefault({});

export type CalendarPolicy = z.output<typeof calendarSection>;
export type CalendarWindow = z.output<typeof windowSchema>;
export type FreezeLevel = (typeof FREEZE_LEVELS)[number];
export type FreezeException = z.output<typeof exceptionSchema>;
export type Tenant = z.output<typeof tenant>;
export type FeedPolicy = z.output<typeof feed>;
export type Timetable = z.output<typeof timetable>;
export type EventName = (typeof COMPUTED_EVENTS)[number] | (typeof CONFIGURED_EVENTS)[number];

/** Whether `YYYY-MM-DDTHH:MM` names a day and a minute that exist; 24:00 is the day's end. */
function isLocalTime(text: string): boolean {
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0] = text.split(/[-T:]/).map(Number);
  const wall = new Date(Date.UTC(year, month - 1, day));
  const known = wall.getUTCMonth() === month - 1 && wall.getUTCDate() === day;
  return known && ((hour < 24 && minute < 60) || (hour === 24 && minute === 0));
}
