import { type CalendarPolicy, type CalendarWindow, exceptionSchema, loadStrict } from '@tillgate/policy';
import { digestOf, type Evidence, type Instant, instantOf, millisOf, type Sha256 } from '@tillgate/release';
import * as z from 'zod';
import type { Granted } from './exceptions.ts';
import { addedFeed, readFeeds } from './feed/read-feeds.ts';
import type { CalendarWorld, FreezeLook, FreezeQuestion } from './look-at-calendar.ts';
import { type CalendarQuestion, observeCalendar } from './observe.ts';
import { FARTHEST } from './outlook.ts';
import type { FreezeSeen } from './seen.ts';
import { DAY } from './wall.ts';
import { systemZones } from './zones/system-zones.ts';

/** An answer is never good for longer, in milliseconds. */
const LONGEST_VALID = DAY;

const exceptionsFile = z.strictObject({ exceptions: z.array(exceptionSchema).max(1_000) });

/** See `lookAtCalendar`, which loads this file when it is first needed. */
export async function look(question: FreezeQuestion, world: CalendarWorld): Promise<FreezeLook> {
  const now = instantOf(world.now());
  const at = question.at ?? now;
  const exceptions = await readExceptions(question.exceptionsFile, world);
  const feeds = await readFeeds(question.calendar, millisOf(at), world);
  const calendar = question.added ? withAdded(question.calendar) : question.calendar;
  if (question.added) feeds.set(ADDED, await addedFeed(question.added, millisOf(at), world));
  const zoneRelease = process.versions.tz;
  const names = zonesOf(calendar, question.environment.timezone, feeds);
  const system = await systemZones(names, millisOf(at) - 60 * DAY, millisOf(at) + FARTHEST, world.zoneinfo);
  const second = world.secondClock;
  const seen = await observeCalendar({
    ...question,
    calendar,
    now,
    at,
    exceptions,
    feeds,
    zoneRelease,
    systemZones: system,
    clock: { source: world.clockSource, ...(second && { secondSource: second.name, offsetMs: second.offsetMs }) },
  });
  return { seen, evidence: evidenceOf(seen, exceptions), validUntil: validUntil(seen) };
}

/** A name that no window or feed of a policy can have. */
const ADDED = 'the input calendar';

/** The caller's calendar joins those of the policy as a freeze for everybody: it can replace and open nothing. */
function withAdded(calendar: CalendarPolicy): CalendarPolicy {
  const window: CalendarWindow = {
    kind: 'freeze',
    level: 'block',
    zone: 'environment',
    scope: {},
    feed: { name: ADDED, before: '0m', after: '0m' },
  };
  return { ...calendar, windows: { ...calendar.windows, [ADDED]: window } };
}

async function readExceptions(path: string | undefined, world: CalendarWorld): Promise<Granted[]> {
  if (path === undefined) return [];
  const bytes = await world.readTrusted(path);
  const document: Sha256 = digestOf(bytes);
  return loadStrict(exceptionsFile, bytes, path).exceptions.map((one) => ({ ...one, document }));
}

function zonesOf(calendar: CalendarPolicy, timezone: string, feeds: CalendarQuestion['feeds']): string[] {
  const named = Object.values(calendar.windows).flatMap(({ zone }) => (Array.isArray(zone) ? zone : [zone]));
  const tenants = Object.values(calendar.tenants).map(({ zone }) => zone);
  const inFeeds = [...(feeds?.values() ?? [])].flatMap(({ recurrences }) => [...(recurrences?.zoned.keys() ?? [])]);
  const words = ['environment', 'tenants'];
  return [...new Set([timezone, ...named, ...tenants, ...inFeeds])].filter((name) => !words.includes(name));
}

function evidenceOf(seen: FreezeSeen, exceptions: readonly Granted[]): Evidence[] {
  const { clock, zoneData, feeds } = seen;
  const second =
    clock.secondSource === undefined
      ? 'no second source could be reached'
      : `${clock.offsetMs} ms ahead of ${clock.secondSource}`;
  const system = zoneData.system === undefined ? '' : `; the system has ${zoneData.system}`;
  const file = exceptions[0]?.document;
  return [
    { name: 'clock', note: `${clock.source}; ${second}` },
    { name: 'time-zone data', note: `${zoneData.runtime ?? 'of unknown age'}${system}` },
    ...feeds.map(({ name, state, note, digest }) => ({
      name: `feed ${name}`,
      note: `${state}: ${note}`,
      ...(digest && { digest }),
    })),
    ...(file ? [{ name: 'exceptions', digest: file, note: `${exceptions.length} in the file` }] : []),
  ];
}

/** An answer holds while starting would still fit, and while feeds and exceptions behind it hold. */
function validUntil(seen: FreezeSeen): Instant {
  const at = Math.max(millisOf(seen.at), millisOf(seen.now));
  const ends = [at + LONGEST_VALID];
  const room = seen.closesAt === undefined ? undefined : millisOf(seen.closesAt) - seen.deployMs - seen.watchMs;
  if (room !== undefined && room >= at) ends.push(room);
  for (const { goodUntil } of seen.feeds) if (goodUntil !== undefined) ends.push(millisOf(goodUntil));
  for (const { lift } of seen.met) if (lift) ends.push(millisOf(lift.expires));
  if (seen.nextOpening !== undefined && millisOf(seen.nextOpening) > at) ends.push(millisOf(seen.nextOpening));
  return instantOf(Math.min(...ends));
}
