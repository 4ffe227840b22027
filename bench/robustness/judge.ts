import type { Row } from '@tillgate/testbed';
import type { Measured } from '../benchmark.ts';
import type { Outcome } from './one-release.ts';
import { PLACES } from './task.ts';

/** How many kills are the bound. */
export const KILLS = 500;

/** One release, and what was planted. */
export interface Release {
  /** Whether the new version was given errors. */
  bad: boolean;
  from: string;
  to: string;
  outcome: Outcome;
  /** ms since the epoch. */
  endedAt: number;
}

/** One shop, release after release, and what its clients saw. */
export interface Shop {
  releases: Release[];
  rows: Row[];
}

/** When clients are listened to after an end: from so long after it on, and for how long, in ms. */
export const SETTLED = { after: 1_000, listened: 2_000 };

/** What takes back a good release here and is no fault: who is killed all the time may run out of time. */
const EXPLAINED: readonly string[] = ['time', 'deadline', 'signal'];

/** No answer, or one of a router that has nobody to ask. What a shop itself answers, however bad, is no such thing. */
export const wentNowhere = ({ status, version }: Row): boolean =>
  status === 0 || (version === '' && (status === 404 || status >= 502));

/** The versions that clients had of a shop once a release was over and all had settled, one of each answer. */
function hadAfter({ rows }: Shop, { endedAt }: Release): string[] {
  const from = endedAt + SETTLED.after;
  return rows.filter((row) => row.at >= from && row.at < from + SETTLED.listened).map(({ version }) => version);
}

/** The version that everybody must have, by how the release says it ended; none where it did not end. */
const saidToHave = ({ from, to, outcome: { end } }: Release): string | undefined =>
  ({ promoted: to, returned: from })[end];

/** Which words turned releases, and how often: `analysis 20, time 2`. */
function turnedBy(releases: readonly Release[]): string {
  const counts = Object.entries(Object.groupBy(releases, ({ outcome }) => outcome.by || 'nothing'));
  return counts.map(([by, all]) => `${by} ${all?.length}`).join(', ') || 'none';
}

export function judged(shops: readonly Shop[], seconds: number): Measured {
  const releases = shops.flatMap((shop) => shop.releases);
  const outcomes = releases.map(({ outcome }) => outcome);
  const rows = shops.flatMap((shop) => shop.rows);
  const places = outcomes.flatMap(({ killedAt }) => killedAt);
  const at = (place: string) => places.filter((each) => each === place).length;
  const [bad, good] = [releases.filter((each) => each.bad), releases.filter((each) => !each.bad)];
  const ended = (of: readonly Release[], end: string) => of.filter(({ outcome }) => outcome.end === end);
  const goodReturned = ended(good, 'returned');
  const heard = shops.flatMap((shop) =>
    shop.releases.map((release) => ({ said: saidToHave(release), had: hadAfter(shop, release) })),
  );
  const figures = {
    kills: places.length,
    releases: releases.length,
    bad_promoted: ended(bad, 'promoted').length,
    bad_returned: ended(bad, 'returned').length,
    bad_turned_by: turnedBy(ended(bad, 'returned')),
    good_promoted: ended(good, 'promoted').length,
    good_returned: goodReturned.length,
    good_turned_by: turnedBy(goodReturned),
    good_turned_unexplained: goodReturned.filter(({ outcome }) => !EXPLAINED.includes(outcome.by)).length,
    answers_after_the_end: heard.reduce((sum, { had }) => sum + had.length, 0),
    answers_of_another_version: heard.flatMap(({ said, had }) => had.filter((version) => version !== said)).length,
    ends_nobody_saw: heard.filter(({ had }) => had.length === 0).length,
    left_in_between: outcomes.filter(({ between }) => between.length > 0).length,
    lost_states: outcomes.reduce((sum, { lost }) => sum + lost, 0),
    requests: rows.length,
    requests_to_nowhere: rows.filter(wentNowhere).length,
    fewest_kills_at_a_step: Math.min(...PLACES.slice(1).map(at)),
    seconds: Math.round(seconds),
  };
  const { holds, bounds } = held(figures);
  return {
    figures,
    bounds: { kills: `>= ${KILLS}`, ...bounds },
    holds: figures.kills >= KILLS && holds,
    table: [
      ['figure', 'value'] as const,
      ...Object.entries(figures),
      ...PLACES.map((place) => [`killed at: ${place}`, at(place)] as const),
    ],
  };
}

/** What must not be at all, and what must have been, or nothing was shown. */
const NONE = [
  'bad_promoted',
  'good_turned_unexplained',
  'answers_of_another_version',
  'ends_nobody_saw',
  'left_in_between',
  'lost_states',
  'requests_to_nowhere',
] as const;
const SOME = ['bad_returned', 'good_promoted', 'requests', 'fewest_kills_at_a_step'] as const;

function held(figures: Record<(typeof NONE)[number] | (typeof SOME)[number], number>) {
  return {
    bounds: {
      ...Object.fromEntries(NONE.map((name) => [name, '0'])),
      ...Object.fromEntries(SOME.map((name) => [name, '> 0'])),
    },
    holds: NONE.every((name) => figures[name] === 0) && SOME.every((name) => figures[name] > 0),
  };
}
