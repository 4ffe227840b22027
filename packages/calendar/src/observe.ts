import { type CalendarPolicy, FREEZE_LEVELS } from '@tillgate/policy';
import {
  type ChangeKind,
  type Instant,
  instantOf,
  millisOf,
  parseDuration,
  type ReleaseClass,
  type Sha256,
} from '@tillgate/release';
import type { Closure, Tables } from './closures.ts';
import { type Granted, type JudgedException, judgeExceptions } from './exceptions.ts';
import { idleWindows } from './idle.ts';
import { FARTHEST, type Outlook, outlookOf } from './outlook.ts';
import type { FreezeSeen, MetWindow, Purpose, SeenFeed } from './seen.ts';
import { type FeedRecurrences, type LiveWindow, liveCalendar } from './strands.ts';
import { DAY, formatWall } from './wall.ts';
import { wallAt } from './zones/zone.ts';
import { type SystemZones, zoneTables } from './zones/zone-tables.ts';

/** A freeze check's question, and what it needs to know of the world. Times in milliseconds are durations. */
export interface CalendarQuestion {
  calendar: CalendarPolicy;
  /** Digest of the policy file: the document behind its exceptions. */
  policy: Sha256;
  environment: { name: string; timezone: string; region?: string | undefined };
  class: ReleaseClass;
  kinds: readonly ChangeKind[];
  release: Sha256;
  purpose: Purpose;
  at: Instant;
  now: Instant;
  deployMs: number;
  watchMs: number;
  /** The declaration that made it an emergency; carried into the verdict. */
  emergency?: FreezeSeen['emergency'];
  /** Exceptions from an approved file beside the policy. */
  exceptions?: readonly Granted[];
  /** What the feeds of the calendar gave, by name. */
  feeds?: ReadonlyMap<string, { seen: SeenFeed; recurrences?: FeedRecurrences }>;
  clock: FreezeSeen['clock'];
  /** Release of this runtime's zone data, `process.versions.tz`. */
  zoneRelease?: string | undefined;
  /** The system's zone data, where there is some. */
  systemZones?: SystemZones | undefined;
}

/** A verdict names so many windows at most; the strictest come first. */
const MOST_MET = 100;

/**
 * Works out what a calendar says of a release at a moment. Nothing is read from the world here: the same
 * question gives the same answer on every machine, in every time zone.
 *
 * @throws CalendarError when a window cannot be understood
 * @throws ZoneError when a zone is not known
 */
export async function observeCalendar(question: CalendarQuestion): Promise<FreezeSeen> {
  const at = millisOf(question.at);
  const now = millisOf(question.now);
  const need = question.deployMs + question.watchMs;
  const feeds = [...(question.feeds ?? [])];
  const recurrences = new Map(feeds.flatMap(([name, { recurrences: read }]) => (read ? [[name, read] as const] : [])));
  const live = await liveCalendar(question.calendar, question, recurrences);
  const clocks = new Set(live.windows.flatMap(({ strands }) => strands.map((strand) => strand.clocks)));
  const zones = [...new Set([...clocks].flatMap(({ list }) => list.map(({ zone }) => zone)))];
  const own = new Map([...recurrences.values()].flatMap(({ tables }) => [...tables]));
  const used = zones.filter((zone) => !own.has(zone));
  const zoneData = zoneTables(used, at - 60 * DAY, at + FARTHEST, question.zoneRelease, question.systemZones);
  const tables = (zone: string) => own.get(zone) ?? zoneData.tables(zone);
  const exceptions = judgeExceptions(grantedTo(question), question.release, question.calendar, now);
  const outlook = outlookOf(live, {
    at,
    need,
    class: question.class,
    tables,
    ...(exceptions.length > 0 && { lifted: ({ id }: LiveWindow) => liftOf(id, exceptions)?.until }),
  });
  const met = mergedByWindow(outlook.met)
    .sort((a, b) => FREEZE_LEVELS.indexOf(b.level) - FREEZE_LEVELS.indexOf(a.level) || b.end - a.end)
    .map((closure) => metWindow(closure, exceptions, at + need, tables));
  const { minimum } = question.calendar.zoneData;
  return {
    release: question.release,
    class: question.class,
    purpose: question.purpose,
    at: question.at,
    now: question.now,
    aheadMs: parseDuration(question.calendar.clock.ahead),
    deployMs: question.deployMs,
    watchMs: question.watchMs,
    met: met.slice(0, MOST_MET),
    moreMet: Math.max(0, met.length - MOST_MET),
    ...openingsOf(outlook),
    exceptions,
    ...(question.emergency && { emergency: question.emergency }),
    feeds: feeds.map(([, { seen }]) => seen),
    zoneData: {
      ...(question.zoneRelease !== undefined && { runtime: question.zoneRelease }),
      ...(minimum !== undefined && { minimum }),
      ...(question.systemZones?.release !== undefined && { system: question.systemZones.release }),
      disagreeing: zoneData.disagreeing,
    },
    clock: question.clock,
    idle: idleWindows(live, tables, at),
  };
}

function grantedTo({ calendar, policy, exceptions = [] }: CalendarQuestion): Granted[] {
  return [...calendar.exceptions.granted.map((one) => ({ ...one, document: policy })), ...exceptions];
}

/** The exception that lifts a window for longest. */
function liftOf(
  window: string,
  exceptions: readonly JudgedException[],
): { until: number; by: JudgedException } | undefined {
  let best: { until: number; by: JudgedException } | undefined;
  for (const by of exceptions) {
    if (by.refused !== undefined || !by.windows.includes(window)) continue;
    const until = millisOf(by.expires);
    if (!best || until > best.until) best = { until, by };
  }
  return best;
}

/** One line a window: what it closes in several zones is told together, from the first start to the last end. */
function mergedByWindow(closures: readonly Closure[]): Closure[] {
  const merged = new Map<LiveWindow, Closure[]>();
  for (const closure of closures) {
    const known = merged.get(closure.window) ?? [];
    const same = known.find((one) => one.start <= closure.end && closure.start <= one.end);
    if (same) {
      if (closure.end > same.end) same.zone = closure.zone;
      same.start = Math.min(same.start, closure.start);
      same.end = Math.max(same.end, closure.end);
      same.places = [...new Set([...same.places, ...closure.places])];
    } else known.push({ ...closure });
    merged.set(closure.window, known);
  }
  return [...merged.values()].flat();
}

function metWindow(closure: Closure, exceptions: readonly JudgedException[], until: number, tables: Tables): MetWindow {
  const { window, level, zone, start, end, places, liftedBy } = closure;
  const lifts = level === 'block-all-but-emergency' ? [] : liftedBy.map(({ id }) => liftOf(id, exceptions));
  const lift = lifts.find((one) => one !== undefined && one.until >= Math.min(end, until))?.by;
  const table = tables(zone)[0];
  return {
    window: window.id,
    kind: window.policy.kind,
    level,
    ...(window.policy.reason !== undefined && { reason: window.policy.reason }),
    start: instantOf(start),
    end: instantOf(end),
    localEnd: table ? `${formatWall(wallAt(table, end))} ${zone}` : instantOf(end),
    units: places.flatMap(({ units }) => units),
    ...(lift && { lift: { id: lift.id, document: lift.document, expires: lift.expires } }),
  };
}

function openingsOf(outlook: Outlook): Pick<FreezeSeen, 'nextOpening' | 'opensUntil' | 'closesAt' | 'openings'> {
  return {
    ...(outlook.nextOpening !== undefined && { nextOpening: instantOf(outlook.nextOpening) }),
    ...(outlook.opensUntil !== undefined && { opensUntil: instantOf(outlook.opensUntil) }),
    ...(outlook.closesAt !== undefined && { closesAt: instantOf(outlook.closesAt) }),
    openings: outlook.places.map(({ place, nextOpening }) => ({
      zone: place.zone,
      units: place.units,
      ...(nextOpening !== undefined && { nextOpening: instantOf(nextOpening) }),
    })),
  };
}
