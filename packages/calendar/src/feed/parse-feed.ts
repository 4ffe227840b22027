import { CalendarError } from '../calendar-error.ts';
import { type Rule, rrule } from '../recurrence/rrule.ts';
import type { FeedRecurrences } from '../strands.ts';
import { DAY, overlap, type Recurrence, type Spell, type Wall } from '../wall.ts';
import { runtimeZones } from '../zones/runtime-zones.ts';
import { agree, wallAt, type Zone, ZoneError } from '../zones/zone.ts';
import { type Component, components, localIn, type Property, properties, property, ruleText } from './jcal.ts';
import { FEED_LIMIT } from './limit.ts';
import { zoneOf } from './vtimezone.ts';

/** The most events in a feed. */
const MOST_EVENTS = 20_000;
/** Rules are expanded anew for every question: their number is bounded closer. */
const MOST_RULES = 1_000;

/** What a feed says. */
interface ParsedFeed {
  recurrences: FeedRecurrences;
  events: number;
  /** What was understood otherwise than it may have been meant. */
  doubts: string[];
}

interface Options {
  /** How the feed is called in messages; part of the name of zones that only it knows. */
  name: string;
  /** Only events of this category. */
  category?: string | undefined;
  /** Range that its zones are needed for, in milliseconds since the epoch. */
  from: number;
  to: number;
}

/**
 * Reads an iCalendar feed (RFC 5545). ical.js does the parsing and nothing else: what its times mean is
 * worked out here, with the zone data of this runtime.
 *
 * @throws CalendarError when it, or any event in it, cannot be understood: a promotion that is not
 *   understood cannot be said not to matter
 */
export async function parseFeed(bytes: Uint8Array, options: Options): Promise<ParsedFeed> {
  if (bytes.length > FEED_LIMIT) {
    throw new CalendarError(`it has ${bytes.length} bytes; at most ${FEED_LIMIT} are read`);
  }
  const calendar = await parse(bytes);
  const events = components(calendar, 'vevent');
  if (events.length > MOST_EVENTS) {
    throw new CalendarError(
      `it has ${events.length} events; at most ${MOST_EVENTS} are read. Publish a shorter period`,
    );
  }
  const doubts: string[] = [];
  const clocks = await clocksOf(calendar, options, doubts);
  const wanted = events.filter((event) => isWanted(event, options.category));
  return { recurrences: await recurrencesOf(wanted, clocks, doubts), events: wanted.length, doubts };
}

async function parse(bytes: Uint8Array): Promise<Component> {
  const { default: ICAL } = await import('ical.js');
  let parsed: Component | Component[];
  try {
    parsed = ICAL.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes)) as unknown as Component | Component[];
  } catch (cause) {
    throw new CalendarError(`it is no iCalendar file (${(cause as Error).message.slice(0, 200)})`, { cause });
  }
  const whole = (typeof parsed[0] === 'string' ? [parsed] : parsed) as Component[];
  if (whole.length === 0 || whole.some(([kind]) => kind !== 'vcalendar'))
    throw new CalendarError('it holds no VCALENDAR');
  return ['vcalendar', [], whole.flatMap(([, , inner]) => inner)];
}

function isWanted(event: Component, category: string | undefined): boolean {
  // a cancelled occurrence of a series is needed to take it out of the series
  if (isCancelled(event) && property(event, 'recurrence-id') === undefined) return false;
  return category === undefined || properties(event, 'categories').some(({ value }) => value === category);
}

function isCancelled(event: Component): boolean {
  return String(property(event, 'status')?.value ?? '').toUpperCase() === 'CANCELLED';
}

/** Finds the clock that a TZID names. */
type Clocks = (tzid: string) => { key: string; tables: readonly Zone[] };

/**
 * The zones of a feed. A TZID that this runtime knows is taken as such; a VTIMEZONE that says otherwise is
 * a second table, so that the wider reading counts. A TZID that only the feed knows goes by its VTIMEZONE.
 */
async function clocksOf(calendar: Component, { name, from, to }: Options, doubts: string[]): Promise<Clocks> {
  const runtime = runtimeZones(from, to, undefined);
  const own = new Map<string, Zone>();
  for (const vtimezone of components(calendar, 'vtimezone')) {
    const zone = await zoneOf(vtimezone, from, to);
    own.set(zone.name, zone);
  }
  const known = new Map<string, ReturnType<Clocks>>();
  return (tzid) => {
    const seen = known.get(tzid);
    if (seen) return seen;
    const defined = own.get(tzid);
    const zone = knownZone(() => runtime.zone(tzid));
    if (!zone && !defined)
      throw new CalendarError(`its zone ${tzid.slice(0, 100)} is neither known nor defined in the feed`);
    let clock = { key: tzid, tables: [] as readonly Zone[] };
    if (!zone && defined) clock = { key: `${tzid} (as feed ${name} has it)`, tables: [defined] };
    else if (zone && defined && !agree(zone, defined, from, to)) {
      doubts.push(`VTIMEZONE ${tzid} keeps another time than the zone of that name`);
      clock = { key: `${tzid} (as feed ${name} has it)`, tables: [zone, defined] };
    }
    known.set(tzid, clock);
    return clock;
  };
}

function knownZone(read: () => Zone): Zone | undefined {
  try {
    return read();
  } catch (cause) {
    if (cause instanceof ZoneError) return undefined; // then the feed must define it
    throw cause;
  }
}

async function recurrencesOf(events: readonly Component[], clocks: Clocks, doubts: string[]): Promise<FeedRecurrences> {
  const moved = movedOccurrences(events);
  const single = new Map<string, Spell[]>();
  const repeated = new Map<string, Recurrence[]>();
  const tables = new Map<string, readonly Zone[]>();
  let rules = 0;
  for (const event of events) {
    if (isCancelled(event)) continue;
    const uid = uidOf(event);
    const start = property(event, 'dtstart');
    const from = localIn(start, `event ${uid}`);
    const length = lengthOf(event, start as Property, from, uid);
    if (length === 0) {
      doubts.push(`event ${uid} has no length and closes nothing`);
      continue;
    }
    const clock = clockOf(start as Property, clocks);
    if (clock.tables.length > 0) tables.set(clock.key, clock.tables);
    const rule = property(event, 'rrule');
    const also = properties(event, 'rdate').map((date) => sameClock(date, start as Property, uid));
    const except = properties(event, 'exdate').map((date) => sameClock(date, start as Property, uid));
    if (property(event, 'recurrence-id') === undefined) except.push(...(moved.get(uid) ?? []));
    if (rule) {
      if (++rules > MOST_RULES) throw new CalendarError(`it has more than ${MOST_RULES} recurring events`);
      const text = ruleText(rule, (until) => untilOn(until, clock));
      const series: Rule = { start: from, rule: text, length, also, except };
      push(repeated, clock.key, await rrule(series, `event ${uid}`));
    } else {
      const gone = new Set(except);
      for (const at of [from, ...also]) if (!gone.has(at)) push(single, clock.key, { from: at, to: at + length });
    }
  }
  const keys = new Set([...single.keys(), ...repeated.keys()]);
  const zoned = new Map<string, Recurrence>();
  for (const key of keys) zoned.set(key, together(single.get(key) ?? [], repeated.get(key) ?? []));
  const floating = zoned.get(FLOATING);
  zoned.delete(FLOATING);
  return { zoned, tables, ...(floating && { floating }) };
}

/** Key of the times that stand in no zone. */
const FLOATING = '';

function clockOf(start: Property, clocks: Clocks): ReturnType<Clocks> {
  if (String(start.value).endsWith('Z')) return { key: 'UTC', tables: [] };
  const { tzid } = start.parameters;
  if (start.type === 'date' || tzid === undefined) return { key: FLOATING, tables: [] };
  return clocks(String(tzid));
}

/** A UNTIL in UTC means local time of the event's zone; of several tables the later reading counts. */
function untilOn(until: string, clock: ReturnType<Clocks>): Wall {
  const at = localIn({ name: 'until', parameters: {}, type: 'date-time', value: until }, 'RRULE');
  if (!until.endsWith('Z') || clock.key === 'UTC' || clock.key === FLOATING) return at;
  const tables = clock.tables.length > 0 ? clock.tables : [runtimeZones(at - DAY, at + DAY, undefined).zone(clock.key)];
  return Math.max(...tables.map((zone) => wallAt(zone, at)));
}

/** Length on the wall clock, in milliseconds. @throws CalendarError when it ends before it starts */
function lengthOf(event: Component, start: Property, from: Wall, uid: string): number {
  const end = property(event, 'dtend');
  const duration = property(event, 'duration');
  let length: number;
  if (end) length = sameClock(end, start, uid) - from;
  else if (duration) length = durationOf(String(duration.value), uid);
  else length = start.type === 'date' ? DAY : 0;
  if (length < 0) throw new CalendarError(`event ${uid} ends before it starts`);
  return length;
}

function durationOf(text: string, uid: string): number {
  const found = /^([+-]?)P(?:(\d+)W)?(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?)?$/.exec(text);
  if (!found) throw new CalendarError(`event ${uid} has a duration that cannot be read: ${text.slice(0, 50)}`);
  const [weeks = 0, days = 0, hours = 0, minutes = 0, seconds = 0] = found.slice(2).map((part) => Number(part ?? 0));
  const length = ((((weeks * 7 + days) * 24 + hours) * 60 + minutes) * 60 + seconds) * 1_000;
  return found[1] === '-' ? -length : length;
}

/** A time of an event that must stand on the same clock as its start. */
function sameClock(date: Property, start: Property, uid: string): Wall {
  const zoneOfProperty = ({ value, parameters, type }: Property) =>
    String(value).endsWith('Z') ? 'UTC' : type === 'date' ? 'date' : String(parameters.tzid ?? 'floating');
  if (date.type === 'period' || zoneOfProperty(date) !== zoneOfProperty(start)) {
    throw new CalendarError(
      `event ${uid} has ${date.name.toUpperCase()} in another form or zone than DTSTART, which is not taken`,
    );
  }
  return localIn(date, `event ${uid}`);
}

/** Original starts of occurrences that were moved or cancelled one by one, by the event they belong to. */
function movedOccurrences(events: readonly Component[]): Map<string, Wall[]> {
  const moved = new Map<string, Wall[]>();
  for (const event of events) {
    const id = property(event, 'recurrence-id');
    if (id) push(moved, uidOf(event), localIn(id, `event ${uidOf(event)}`));
  }
  return moved;
}

function together(single: readonly Spell[], repeated: readonly Recurrence[]): Recurrence {
  return (from, to) => [
    ...single.filter((spell) => overlap(spell, from, to)),
    ...repeated.flatMap((recurrence) => recurrence(from, to)),
  ];
}

function uidOf(event: Component): string {
  return String(property(event, 'uid')?.value ?? 'without UID').slice(0, 100);
}

function push<K, V>(lists: Map<K, V[]>, key: K, value: V): void {
  const list = lists.get(key);
  if (list) list.push(value);
  else lists.set(key, [value]);
}
