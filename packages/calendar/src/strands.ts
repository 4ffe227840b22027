import type { CalendarPolicy, CalendarWindow } from '@tillgate/policy';
import { parseDuration } from '@tillgate/release';
import { CalendarError } from './calendar-error.ts';
import { type Clocks, clockmaker, clocksAt } from './clocks.ts';
import { businessDays } from './events/business-days.ts';
import { event } from './events/event.ts';
import { type Concerned, concerns, type Place, placesOf, reaches } from './place.ts';
import { cron } from './recurrence/cron.ts';
import { padded, remembered } from './recurrence/padded.ts';
import { rrule } from './recurrence/rrule.ts';
import { weekly } from './recurrence/weekly.ts';
import { overlap, type Recurrence, type Spell, type Wall, wallOf } from './wall.ts';
import type { Zone } from './zones/zone.ts';

/** What recurs, and on which clocks. */
interface Strand {
  recurrence: Recurrence;
  clocks: Clocks;
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
  const shared: Shared = { holidays, feeds, rules: new Map(), clocksOf: clockmaker(release, places) };
  const windows: LiveWindow[] = [];
  for (const [id, policy] of Object.entries(calendar.windows)) {
    if (!concerns(policy, release)) continue;
    const reached = places.filter((place) => reaches(policy, place));
    if (reached.length === 0) continue;
    const strands = policy.once ? onceStrands(policy, reached, shared) : await strandsOf(id, policy, reached, shared);
    windows.push({ id, policy, strands });
  }
  return { windows, places };
}

interface Shared {
  holidays: ReadonlySet<Wall>;
  feeds: ReadonlyMap<string, FeedRecurrences>;
  /** The same rule is expanded once, however many windows use it. */
  rules: Map<string, Recurrence>;
  clocksOf: ReturnType<typeof clockmaker>;
}

async function strandsOf(id: string, policy: CalendarWindow, places: Place[], shared: Shared): Promise<Strand[]> {
  if (policy.event?.name === 'opening-hours') return openingHours(policy.event, places);
  const clocks = shared.clocksOf(policy.zone, places);
  if (policy.feed) {
    const feed = shared.feeds.get(policy.feed.name);
    // an allow window whose feed is empty or unknown never opens: it must not look as if there were none
    if (!feed || (feed.zoned.size === 0 && !feed.floating)) return [{ recurrence: () => [], clocks }];
    const strands = [...feed.zoned].map(([zone, recurrence]) => ({ recurrence, clocks: clocksAt([{ zone, places }]) }));
    if (feed.floating) strands.push({ recurrence: feed.floating, clocks });
    const { feed: pad } = policy;
    return strands.map((strand) => ({ ...strand, recurrence: padded(strand.recurrence, pad) }));
  }
  const key = JSON.stringify([policy.rrule, policy.weekly, policy.cron, policy.event]);
  const recurrence = shared.rules.get(key) ?? remembered(await recurrenceOf(id, policy, shared.holidays));
  shared.rules.set(key, recurrence);
  return [{ recurrence, clocks }];
}

function onceStrands({ once, zone }: CalendarWindow, places: Place[], { clocksOf }: Shared): Strand[] {
  const spell: Spell = { from: wallOf(once?.from ?? ''), to: wallOf(once?.to ?? '') };
  const spells = [spell];
  const none: Spell[] = [];
  return [{ recurrence: (from, to) => (overlap(spell, from, to) ? spells : none), clocks: clocksOf(zone, places) }];
}

async function recurrenceOf(id: string, policy: CalendarWindow, holidays: ReadonlySet<Wall>): Promise<Recurrence> {
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

/** Stores are open by their own clock; a place without hours has no stores. */
function openingHours(hours: NonNullable<CalendarWindow['event']>, places: Place[]): Strand[] {
  return places.flatMap((place) =>
    place.hours
      ? [{ recurrence: padded(weekly(place.hours), hours), clocks: clocksAt([{ zone: place.zone, places: [place] }]) }]
      : [],
  );
}
