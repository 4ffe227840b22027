import { describe, expect, it } from '@jest/globals';
import { digestOf } from '@tillgate/release';
import type { Goal } from '../plan.ts';
import { nextMoves, type Sides, type Standing } from './moves.ts';

const [OLD, NEW, OTHER] = [digestOf('old'), digestOf('new'), digestOf('other')];
const DRAIN = 10_000;

const goal = (changes: Partial<Goal> = {}): Goal => ({
  stable: OLD,
  candidate: NEW,
  candidateShare: 2_500,
  route: 'open',
  cron: 'stable',
  data: 'as-is',
  ...changes,
});
const BACK = goal({ candidate: null, candidateShare: 0 });

/** Every combination of what can stand there, the absurd ones too: hands and interrupted runs make them. */
function* standings(): Generator<Standing> {
  const images = [OLD, NEW, OTHER, null];
  for (const stableImage of images)
    for (const stableEndpoints of [0, 1, 4])
      for (const candidate of [
        null,
        ...images
          .slice(1)
          .flatMap((image) =>
            [1, 2].flatMap((replicas) =>
              [true, false].flatMap((whole) => [0, 1, 2].map((endpoints) => ({ image, replicas, whole, endpoints }))),
            ),
          ),
      ])
        for (const remains of [true, false])
          for (const share of [0, 2_500, 5_000])
            for (const sides of ['none', 'bound', 'testers'] as Sides[])
              for (const shareFor of [0, DRAIN])
                yield {
                  stable: { image: stableImage, replicas: 4, endpoints: stableEndpoints },
                  candidate,
                  remains,
                  share,
                  sides,
                  shareFor,
                };
}

const GOALS = [
  goal({ candidateShare: 0, route: 'preview' }),
  goal(),
  goal({ candidateShare: 5_000, route: 'preview' }),
  goal({ candidateShare: 5_000, stable: NEW }),
  goal({ stable: NEW, candidate: null, candidateShare: 0 }),
  BACK,
];

describe('whatever stands there and whatever is asked for', () => {
  it('no client is sent where nobody answers, and nobody leaves who is being served', () => {
    let seen = 0;
    const wrong: string[] = [];
    for (const wanted of GOALS) {
      for (const standing of standings()) {
        let { share } = standing;
        const { stable, candidate, sides, shareFor } = standing;
        const serves = candidate?.image === wanted.candidate && candidate?.whole && candidate.endpoints > 0;
        for (const move of nextMoves(wanted, standing, DRAIN).moves) {
          seen++;
          const must = (what: string, holds: boolean | undefined) => {
            if (!holds) wrong.push(`${what}: ${JSON.stringify({ wanted, standing, move })}`);
          };
          if (move.do === 'share') {
            if (move.share > share) must('raised only to who is whole and reached', serves);
            else must('lowered only to a stable that answers', stable.endpoints > 0);
            must('no more than is asked for', move.share <= wanted.candidateShare);
            share = move.share;
          }
          if (move.do === 'remove')
            must('removed only unseen, and a while after', share === 0 && sides === 'none' && shareFor >= DRAIN);
          if (move.do === 'stable') {
            must('stable gets what is asked for', move.image === wanted.stable);
            if (wanted.candidate === wanted.stable) must('only when the candidate carries its share', serves);
          }
          if (move.do === 'candidate') {
            const isOther = candidate !== null && candidate.image !== move.image;
            must('the candidate gets what is asked for', move.image === wanted.candidate);
            must('pods are not changed under their clients', !isOther || share === 0);
            must('nor taken away', isOther || move.replicas >= Math.ceil((share * 4) / 10_000));
          }
        }
      }
    }
    expect(wrong.slice(0, 3)).toEqual([]);
    expect(seen).toBeGreaterThan(1_000);
  });

  it('every goal is reached, from every standing, in a world that does what it is told', () => {
    for (const wanted of GOALS) {
      for (const start of standings()) {
        let world = start;
        for (let turn = 0; ; turn++) {
          const { moves } = nextMoves(wanted, world, DRAIN);
          if (moves.length === 0 && reached(wanted, world)) break;
          if (turn > 12) throw new Error(`never there: ${JSON.stringify({ wanted, start, world, moves })}`);
          world = after(world, moves);
        }
      }
    }
  });
});

describe('the order', () => {
  const whole = { image: NEW, replicas: 1, whole: true, endpoints: 1 };
  const standing: Standing = {
    stable: { image: OLD, replicas: 4, endpoints: 4 },
    candidate: whole,
    remains: true,
    share: 2_500,
    sides: 'bound',
    shareFor: 60_000,
  };

  it('of the way back: traffic, then side routes and code, and the candidate only after a while', () => {
    const half = { ...standing, stable: { ...standing.stable, image: NEW } };
    expect(nextMoves(BACK, half, DRAIN).moves).toEqual([
      { do: 'share', share: 0 },
      { do: 'sides', sides: 'none' },
      { do: 'stable', image: OLD },
    ]);
    expect(nextMoves(BACK, { ...standing, share: 0, sides: 'none', shareFor: DRAIN - 1 }, DRAIN).moves).toEqual([]);
    expect(nextMoves(BACK, { ...standing, share: 0, sides: 'none', shareFor: DRAIN }, DRAIN).moves).toEqual([
      { do: 'remove' },
    ]);
  });

  it('keeps the candidate serving while stable has nobody', () => {
    const { moves, waitingFor } = nextMoves(
      BACK,
      { ...standing, stable: { image: OLD, replicas: 4, endpoints: 0 } },
      DRAIN,
    );
    expect(moves).toEqual([]);
    expect(waitingFor).toEqual([expect.stringContaining('goes on serving')]);
  });

  it('takes a member out at once that has lost its endpoints', () => {
    const { moves } = nextMoves(goal(), { ...standing, candidate: { ...whole, endpoints: 0, whole: false } }, DRAIN);
    expect(moves[0]).toEqual({ do: 'share', share: 0 });
  });

  it('gives a candidate pods in proportion, at least one, before it gives it traffic', () => {
    expect(nextMoves(goal({ candidateShare: 5_000 }), standing, DRAIN)).toEqual({
      moves: [{ do: 'candidate', image: NEW, replicas: 2 }],
      waitingFor: ['2 ready pods of the candidate'],
    });
  });
});

function reached(wanted: Goal, { stable, candidate, share, remains, sides }: Standing): boolean {
  const sidesWanted = wanted.candidate === null ? 'none' : wanted.route === 'preview' ? 'testers' : 'bound';
  return (
    stable.image === wanted.stable &&
    share === wanted.candidateShare &&
    sides === sidesWanted &&
    (wanted.candidate === null
      ? candidate === null && !remains
      : candidate?.image === wanted.candidate && candidate.whole)
  );
}

/** A world that obeys: pods come up, stable answers again, time passes. */
function after(world: Standing, moves: ReturnType<typeof nextMoves>['moves']): Standing {
  const next: Standing = { ...world, stable: { ...world.stable, endpoints: 4 }, shareFor: world.shareFor + DRAIN };
  if (next.candidate) next.candidate = { ...next.candidate, whole: true, endpoints: next.candidate.replicas };
  for (const move of moves) {
    if (move.do === 'share') Object.assign(next, { share: move.share, shareFor: 0 });
    if (move.do === 'sides') next.sides = move.sides;
    if (move.do === 'stable') next.stable = { ...next.stable, image: move.image };
    if (move.do === 'remove') Object.assign(next, { candidate: null, remains: false });
    if (move.do === 'candidate') {
      const isOther = next.candidate !== null && next.candidate.image !== move.image;
      next.candidate = isOther
        ? null
        : { image: move.image, replicas: move.replicas, whole: false, endpoints: next.candidate?.endpoints ?? 0 };
      next.remains = !isOther;
    }
  }
  return next;
}
