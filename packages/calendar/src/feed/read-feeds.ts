import type { CalendarPolicy, FeedPolicy } from '@tillgate/policy';
import { digestOf, formatDuration, instantOf, parseDuration } from '@tillgate/release';
import { FARTHEST } from '../outlook.ts';
import type { SeenFeed } from '../seen.ts';
import type { FeedRecurrences } from '../strands.ts';
import { DAY } from '../wall.ts';
import { type Fetched, fetchFeed } from './fetch-feed.ts';
import { parseFeed } from './parse-feed.ts';

/** What reading feeds needs of the world. */
export interface FeedWorld {
  now(): number;
  signal: AbortSignal;
  /** Reads a file beside the policy, from where the policy came: never from the release's checkout. */
  readTrusted(path: string): Promise<Uint8Array>;
  /** Default: the runtime's own. */
  fetch?: typeof fetch;
  /** Folder that keeps copies of feeds between runs; without one there are none. */
  copies?: string | undefined;
}

/** A feed, read or not. */
interface ReadFeed {
  seen: SeenFeed;
  recurrences?: FeedRecurrences;
}

/**
 * Reads every feed that a window uses, one beside the other; what cannot be read is told, not thrown.
 *
 * @param at the moment that is asked about: zones are needed from two months before it on
 */
export async function readFeeds(
  calendar: CalendarPolicy,
  at: number,
  world: FeedWorld,
): Promise<Map<string, ReadFeed>> {
  const used = new Set(Object.values(calendar.windows).flatMap(({ feed }) => (feed ? [feed.name] : [])));
  const read = await Promise.all(
    [...used].map(async (name) => {
      const policy = calendar.feeds[name];
      return policy ? ([name, await readFeed(name, policy, at, world)] as const) : undefined;
    }),
  );
  return new Map(read.filter((one) => one !== undefined));
}

async function readFeed(name: string, policy: FeedPolicy, at: number, world: FeedWorld): Promise<ReadFeed> {
  try {
    const fetched = policy.url
      ? await fetchFeed(policy.url, policy, world)
      : await readTrustedFile(policy.file ?? '', world);
    return await understood(name, policy, fetched, at, world);
  } catch (cause) {
    world.signal.throwIfAborted();
    return unreadable(name, cause);
  }
}

/** A calendar whose bytes are at hand, read as a feed is. */
export async function addedFeed(
  { name, bytes }: { name: string; bytes: Uint8Array },
  at: number,
  world: FeedWorld,
): Promise<ReadFeed> {
  const fetched = { bytes, at: world.now(), kept: false };
  const policy = { maxAge: '24h', timeout: '0s' };
  return understood(name, policy, fetched, at, world).catch((cause) => unreadable(name, cause));
}

async function readTrustedFile(path: string, world: FeedWorld): Promise<Fetched> {
  return { bytes: await world.readTrusted(path), at: world.now(), kept: false };
}

async function understood(
  name: string,
  policy: FeedPolicy,
  fetched: Fetched,
  at: number,
  world: FeedWorld,
): Promise<ReadFeed> {
  const age = world.now() - fetched.at;
  const maxAge = parseDuration(policy.maxAge);
  const digest = digestOf(fetched.bytes);
  const because = fetched.because === undefined ? '' : `, because ${fetched.because}`;
  if (age > maxAge) {
    const note = `the copy at hand is ${formatDuration(age)} old, more than ${formatDuration(maxAge)}${because}`;
    return { seen: { name, state: 'stale', note, digest, doubts: [] } };
  }
  const range = { from: at - 60 * DAY, to: at + FARTHEST };
  const { recurrences, events, doubts } = await parseFeed(fetched.bytes, { name, category: policy.category, ...range });
  const { zone } = policy;
  const floating = zone === undefined ? recurrences : inZone(recurrences, zone);
  return {
    recurrences: floating,
    seen: {
      name,
      state: fetched.kept ? 'kept' : 'fresh',
      note: fetched.kept ? `${events} events in a copy of ${formatDuration(age)}${because}` : `${events} events`,
      goodUntil: instantOf(fetched.at + maxAge),
      digest,
      doubts,
    },
  };
}

/** Times that stand in no zone stand in this one. */
function inZone({ zoned, tables, floating }: FeedRecurrences, zone: string): FeedRecurrences {
  if (!floating) return { zoned, tables };
  const known = zoned.get(zone);
  const joined = known ? (from: number, to: number) => [...known(from, to), ...floating(from, to)] : floating;
  return { zoned: new Map([...zoned, [zone, joined]]), tables };
}

function unreadable(name: string, cause: unknown): ReadFeed {
  return { seen: { name, state: 'unreadable', note: noteOf(cause), doubts: [] } };
}

function noteOf(cause: unknown): string {
  const message = cause instanceof Error || (cause as Error | null)?.message ? (cause as Error).message : String(cause);
  return message.slice(0, 500).replace(/\.$/, '');
}
