import type { CalendarPolicy } from '@tillgate/policy';
import type { SeenFeed } from '../seen.ts';
import type { FeedRecurrences } from '../strands.ts';

/** What reading feeds needs of the world. */
export interface FeedWorld {
  now(): number;
  signal: AbortSignal;
}

/** Reads every feed that a window uses; what cannot be read is told, not thrown. */
export async function readFeeds(
  calendar: CalendarPolicy,
  _at: number,
  _world: FeedWorld,
): Promise<Map<string, { seen: SeenFeed; recurrences?: FeedRecurrences }>> {
  const used = new Set(Object.values(calendar.windows).flatMap(({ feed }) => (feed ? [feed.name] : [])));
  const feeds = new Map<string, { seen: SeenFeed }>();
  for (const name of used) {
    feeds.set(name, { seen: { name, state: 'unreadable', note: 'feeds are not read yet', doubts: [] } });
  }
  return feeds;
}
