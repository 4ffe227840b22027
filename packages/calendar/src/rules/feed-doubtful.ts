import type { Rule } from '@tillgate/release';
import type { FreezeSeen } from '../seen.ts';
import { OPEN } from './example.ts';
import { unlessRecovery } from './telling.ts';

/** A feed that was read, with something in it that can be read in two ways. */
export const feedDoubtful: Rule<FreezeSeen> = {
  id: 'freeze/feed-doubtful',
  meaning: 'A calendar feed contradicts itself or the time-zone data; the wider reading counts.',
  why: 'A calendar program with an old idea of a zone writes times that are wrong by an hour. Which of the two was meant cannot be known here.',
  remedy: 'Update the program that writes the feed, or write its times in UTC.',
  bad: [
    {
      title: 'its VTIMEZONE says otherwise than the zone it names',
      seen: {
        ...OPEN,
        feeds: [
          {
            name: 'promotions',
            state: 'fresh',
            note: '12 events',
            doubts: ['VTIMEZONE Europe/Berlin has no summer time'],
          },
        ],
      },
      severity: 'warn',
    },
  ],
  good: [
    {
      title: 'nothing is in doubt',
      seen: { ...OPEN, feeds: [{ name: 'promotions', state: 'fresh', note: '', doubts: [] }] },
    },
  ],
  judge(seen) {
    return seen.feeds.flatMap(({ name, doubts }) =>
      doubts.slice(0, 20).map((doubt) => ({
        rule: this.id,
        key: `${name}: ${doubt}`,
        severity: unlessRecovery(seen, 'warn'),
        message: `In the feed "${name}", ${doubt}. The wider reading counts.`,
        place: `calendar.feeds.${name}`,
        remedy: this.remedy,
      })),
    );
  },
};
