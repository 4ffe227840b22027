import type { Rule } from '@tillgate/release';
import type { FreezeSeen, SeenFeed } from '../seen.ts';
import { OPEN } from './example.ts';
import { unlessRecovery } from './telling.ts';

const FEED: SeenFeed = { name: 'promotions', state: 'fresh', note: '12 events', doubts: [] };
const withFeed = (change: Partial<SeenFeed>): FreezeSeen => ({ ...OPEN, feeds: [{ ...FEED, ...change }] });

/** A calendar that cannot be read cannot say that nothing is in the way. */
export const feedUnknown: Rule<FreezeSeen> = {
  id: 'freeze/feed-unknown',
  meaning: 'A calendar feed could not be read, or what is known of it is too old.',
  why: 'Promotions that are not known are promotions into which a release may fall. Not knowing is not the same as nothing being planned.',
  remedy: 'Mend the feed or its address; or allow an older copy in the policy (calendar.feeds.<name>.maxAge).',
  bad: [
    {
      title: 'it cannot be read',
      seen: withFeed({ state: 'unreadable', note: 'it answered 503' }),
      severity: 'unknown',
    },
    { title: 'the copy is too old', seen: withFeed({ state: 'stale', note: 'a copy of 3 d' }), severity: 'unknown' },
  ],
  good: [
    { title: 'it was read', seen: withFeed({}) },
    { title: 'a copy that is young enough', seen: withFeed({ state: 'kept' }) },
  ],
  judge(seen) {
    return seen.feeds
      .filter(({ state }) => state === 'unreadable' || state === 'stale')
      .map(({ name, state, note }) => ({
        rule: this.id,
        key: name,
        severity: unlessRecovery(seen, 'unknown'),
        message: `The feed "${name}" is ${state}: ${note}.`,
        place: `calendar.feeds.${name}`,
        remedy: this.remedy,
      }));
  },
};
