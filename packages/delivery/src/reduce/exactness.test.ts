import { describe, expect, it } from '@jest/globals';
import { digestOfValue } from '@tillgate/release';
import fc from 'fast-check';
import { begin } from '../begin.ts';
import { digestOfAll, examplePlan, NEW, OLD } from '../example-plan.test-kit.ts';
import { encodeStatus, readStatus, requireOfPlan } from '../schema/status.ts';
import type { Command, Observed, Seen, WorkloadObserved } from '../seen.ts';
import type { Status } from '../status.ts';
import { reduce } from './reduce.ts';

const PLAN = examplePlan();
const START = 1_000_000_020_000;

const beginning = (): Status =>
  begin(PLAN, {
    record: digestOfAll('4'),
    before: { image: OLD, replicas: 3, floor: 3, uid: 'uid-1', configuration: {}, errorShare: null },
    escape: {},
    onInconclusive: 'pause',
    at: START,
    epoch: 1,
  });

const pods = (image: typeof OLD) =>
  fc.record<WorkloadObserved>({
    image: fc.constant(image),
    settled: fc.boolean(),
    desired: fc.constant(2),
    ready: fc.integer({ min: 1, max: 2 }),
    running: fc.constant([image]),
    crashing: fc.constant(0),
    restarts: fc.constant(0),
    stuck: fc.constant([]),
  });

const observed: fc.Arbitrary<Observed> = fc.record({
  stable: fc.oneof(pods(OLD), pods(NEW)),
  candidate: fc.oneof({ weight: 4, arbitrary: pods(NEW) }, { weight: 1, arbitrary: fc.constant(null) }),
  candidateShare: fc.constantFrom(0, 1_000, 5_000),
  route: fc.constant('open' as const),
  cron: fc.constant('stable' as const),
  assigned: fc.constant(null),
  foreign: fc.oneof(
    { weight: 30, arbitrary: fc.constant([]) },
    { weight: 1, arbitrary: fc.constant(['Another hand.']) },
  ),
  waitingFor: fc.constant([]),
});

const words = fc.constantFrom<Command['word']>('pause', 'resume', 'promote', 'abort');

/** One look at a world that need not make sense: whatever is seen, the same must follow from it. */
const look = fc.record({
  after: fc.integer({ min: 1, max: 90_000 }),
  all: observed,
  counts: fc.array(fc.record({ total: fc.integer({ min: 1, max: 300 }), bad: fc.nat(3) }), { maxLength: 3 }),
  word: fc.option(words, { freq: 20 }),
  freeze: fc.oneof(
    { weight: 20, arbitrary: fc.constant('open' as const) },
    { weight: 1, arbitrary: fc.constant('unknown' as const) },
  ),
});

/** What a driver would see next, given where evidence stands. */
function seenOf({ after, all, counts, word, freeze }: LookOf, status: Status, at: number, index: number): Seen {
  const state = status.evidence.after ?? status.evidence.beside;
  const from = state?.cursor ?? 0;
  const tally = ({ total, bad }: { total: number; bad: number }) => ({ total, bad: [Math.min(bad, total)] });
  return {
    at: at + after,
    lanes: { all },
    windows: counts.map((candidate, window) => ({
      from: from + window * 15_000,
      to: from + (window + 1) * 15_000,
      metrics: {
        errors: [{ tenant: '__proto__', endpoint: '', candidate: tally(candidate), stable: { total: 900, bad: [1] } }],
      },
    })),
    faults: [],
    permits: { freeze, record: 'valid', because: [] },
    commands: word ? [{ id: String(index), word, by: 'ada', answeredFor: true }] : [],
    refused: [],
  };
}
type LookOf = typeof look extends fc.Arbitrary<infer T> ? T : never;

describe('a delivery', () => {
  it('goes on bit for bit the same, wherever one driver leaves off and another takes up', () => {
    fc.assert(
      fc.property(fc.array(look, { maxLength: 40 }), (looks) => {
        let [whole, cut, at] = [beginning(), beginning(), START];
        looks.forEach((one, index) => {
          const seen = seenOf(one, whole, at, index);
          at = seen.at;
          const [kept, resumed] = [reduce(PLAN, whole, seen), reduce(PLAN, readStatus(encodeStatus(cut)), seen)];
          expect(JSON.stringify(resumed.acts)).toBe(JSON.stringify(kept.acts));
          expect([resumed.wakeAt, digestOfValue(resumed.status)]).toEqual([kept.wakeAt, digestOfValue(kept.status)]);
          [whole, cut] = [kept.status, resumed.status];
        });
        // Nothing that it ever comes to is foreign to its plan.
        requireOfPlan(PLAN, readStatus(encodeStatus(whole)));
      }),
      { numRuns: 100 },
    );
  });

  it('does not turn twice, intends what it does before it does it, and knows no goal but those of its plan', () => {
    const goals = new Set(
      [...PLAN.waves.flat().flatMap(({ steps }) => steps), ...PLAN.ways.stable, ...(PLAN.ways.new ?? [])].map(
        ({ goal }) => digestOfValue(goal),
      ),
    );
    fc.assert(
      fc.property(fc.array(look, { maxLength: 40 }), (looks) => {
        let [status, at] = [beginning(), START];
        const ways = ['forward'];
        looks.forEach((one, index) => {
          const seen = seenOf(one, status, at, index);
          at = seen.at;
          const { status: next, acts } = reduce(PLAN, status, seen);
          for (const act of acts) {
            expect(next.lanes[act.lane]?.intent).toEqual(act);
            expect(goals.has(digestOfValue(act.goal))).toBe(true);
          }
          const way = next.lanes.all?.way ?? 'forward';
          if (way !== ways.at(-1)) ways.push(way);
          status = next;
        });
        expect(['forward', 'forward stable', 'forward new', 'forward new stable']).toContain(ways.join(' '));
      }),
      { numRuns: 100 },
    );
  });

  it('leaves what it was given as it was', () => {
    fc.assert(
      fc.property(look, (one) => {
        const status = beginning();
        const before = encodeStatus(status);
        reduce(PLAN, status, seenOf(one, status, START, 0));
        expect(encodeStatus(status)).toBe(before);
      }),
      { numRuns: 30 },
    );
  });
});
