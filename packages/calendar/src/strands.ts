import type { CalendarPolicy, CalendarWindow } from '@tillgate/policy';
import { parseDuration } from '@tillgate/release';
import { CalendarError } from './calendar-error.ts';
import { businessDays } from './events/business-days.ts';
import { event } from './events/event.ts';
import { type Concerned, concerns, type Place, placesOf, reaches } from './place.ts';
import { cron } from './recurrence/cron.ts';
import { padded, remembered } from './recurrence/padded.ts';
import { rrule } from './recurrence/rrule.ts';
import { weekly } from './recurrence/weekly.ts';
import { overlap, type Recurrence, type Wall, wallOf } from './wall.ts';
import type { Zone } from './zones/zone.ts';

/** A window on one wall clock, for the places that live by it. */
export interface Strand {
  zone: string;
  recurrence: Recurrence;
  places: Place[];
}

/** A window that speaks of the release. */
export interface LiveWindow {
  id: string;
  policy: CalendarWindow;
  strands: Strand[];
}

/** Recurrences of an iCalendar feed: by the zone in which its events stand, and those that stand in none. */
export interface FeedRecurrences {
  zoned: ReadonlyMap<string, Recurrence>;
  /** Tables of zones that the feed defines by itself, or defines otherwise than the zone data. */
  tables: ReadonlyMap<string, readonly Zone[]>;
  floating?: Recurrence;
}

/** What a calendar means for one release. */
export interface LiveCalendar {
  windows: LiveWindow[];
  places: Place[];
}

/**
 * Reads every window of a calendar that speaks of a release. Libraries for RRULE and cron are loaded only
 * where a window needs them.
 *
 * @param feeds by name; a window of a feed that could not be read has no strands
 * @throws CalendarError when a window cannot be understood
 */
export async function liveCalendar(
  calendar: CalendarPolicy,
  release: Concerned,
  feeds: ReadonlyMap<string, FeedRecurrences> = new Map(),
): Promise<LiveCalendar> {
  const places = placesOf(calendar, release.environment);
  const holidays = new Set(calendar.holidays.map(wallOf));
  const windows: LiveWindow[] = [];
  const rules = new Map<string, Recurrence>();
  for (const [id, policy] of Object.entries(calendar.windows)) {
    if (!concerns(policy, release)) continue;
    const reached = places.filter((place) => reaches(policy, place));
    if (reached.length === 0) continue;
    const strands = await strandsOf(id, policy, release, reached, { holidays, feeds, rules });
    windows.push({ id, policy, strands });
  }
  return { windows, places };
}

interface Shared {
  holidays: ReadonlySet<Wall>;
  feeds: ReadonlyMap<string, FeedRecurrences>;
  /** The same rule is expanded once, however many windows use it. */
  rules: Map<string, Recurrence>;
}

async function strandsOf(
  id: string,
  policy: CalendarWindow,
  release: Concerned,
  places: Place[],
  shared: Shared,
): Promise<Strand[]> {
  if (policy.event?.name === 'opening-hours') return openingHours(policy.event, places);
  if (policy.feed) {
    const feed = shared.feeds.get(policy.feed.name);
    if (!feed) return [];
    const { feed: pad } = policy;
    const strands = [...feed.zoned].map(([zone, recurrence]) => ({
      zone,
      recurrence: padded(recurrence, pad),
      places,
    }));
    const floating = feed.floating && padded(feed.floating, pad);
    if (floating)
      strands.push(...clocksOf(policy, release, places).map((clock) => ({ ...clock, recurrence: floating })));
    return strands;
  }
  const key = JSON.stringify([policy.once, policy.rrule, policy.weekly, policy.cron, policy.event]);
  const recurrence = shared.rules.get(key) ?? remembered(await recurrenceOf(id, policy, shared.holidays));
  shared.rules.set(key, recurrence);
  return clocksOf(policy, release, places).map((clock) => ({ ...clock, recurrence }));
}

async function recurrenceOf(id: string, policy: CalendarWindow, holidays: ReadonlySet<Wall>): Promise<Recurrence> {
  if (policy.once) {
    const spell = { from: wallOf(policy.once.from), to: wallOf(policy.once.to) };
    return (from, to) => (overlap(spell, from, to) ? [spell] : []);
  }
  if (policy.weekly) return weekly(policy.weekly);
  if (policy.rrule) {
    const { start, rule, lasts, except, also } = policy.rrule;
    const times = { start: wallOf(start), except: except.map(wallOf), also: also.map(wallOf) };
    return rrule({ ...times, rule, length: parseDuration(lasts) }, `window ${id}`);
  }
  if (policy.cron) return cron(policy.cron, `window ${id}`);
  if (policy.event && policy.event.name !== 'opening-hours') {
    return event({ ...policy.event, name: policy.event.name }, businessDays(holidays));
  }
  throw new CalendarError(`Window ${id} has no time: give it once, rrule, weekly, cron, event or feed.`);
}

/** Whose clocks a window goes by, each with the places that it then speaks of. */
function clocksOf(
  { zone }: CalendarWindow,
  { environment }: Concerned,
  places: Place[],
): { zone: string; places: Place[] }[] {
  if (zone === 'environment') return [{ zone: environment.timezone, places }];
  if (zone !== 'tenants') return [zone].flat().map((name) => ({ zone: name, places }));
  const byZone = Map.groupBy(places, (place) => place.zone);
  return [...byZone].map(([name, own]) => ({ zone: name, places: own }));
}

/** Stores are open by their own clock; a place without hours has no stores. */
function openingHours(hours: NonNullable<CalendarWindow['event']>, places: Place[]): Strand[] {
  return places.flatMap((place) =>
    place.hours ? [{ zone: place.zone, recurrence: padded(weekly(place.hours), hours), places: [place] }] : [],
  );
}
