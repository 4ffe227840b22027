import { describe, expect, it } from '@jest/globals';
import { begin } from '../begin.ts';
import { digestOfAll, examplePlan, OLD } from '../example-plan.test-kit.ts';
import { endOf } from '../phase.ts';
import type { Goal, LaneId, Plan } from '../plan.ts';
import type { Observed, Seen } from '../seen.ts';
import type { Status } from '../status.ts';
import { stepOf, stepsOf } from '../steps-of.ts';
import { reduce } from './reduce.ts';

const MINUTE = 60_000;

/** Groups of lanes, as tenants would be: no reducer knows that there are some. */
function planOf(waves: LaneId[][], parallel: number): Plan {
  const plan = examplePlan();
  const steps = stepsOf(plan, 'all', 'forward').map((step) => ({
    ...step,
    watched: null,
    leaveWhen: step.leaveWhen.filter(({ by }) => by === 'reached' || by === 'permits'),
  }));
  return { ...plan, waves: waves.map((wave) => wave.map((id) => ({ id, steps }))), parallel };
}

/** A lane that is at once as it is asked to be. */
function reachedNow({ stable, candidate, candidateShare, route, cron }: Goal): Observed {
  const pods = (digest: typeof OLD) => ({
    image: digest,
    settled: true,
    desired: 1,
    ready: 1,
    running: [digest],
    crashing: 0,
    restarts: 0,
    stuck: [],
  });
  return {
    stable: pods(stable),
    candidate: candidate && pods(candidate),
    candidateShare,
    route,
    cron,
    assigned: null,
    foreign: [],
    waitingFor: [],
  };
}

/** Looks until it is over; what each look shows beyond goals that are reached is up to the test. */
function run(plan: Plan, more: (status: Status, look: number) => Partial<Seen> = () => ({})) {
  const before = { image: OLD, replicas: 1, floor: 1, uid: 'uid-1', configuration: {}, errorShare: null };
  let status = begin(plan, {
    record: digestOfAll('4'),
    before,
    escape: {},
    onInconclusive: 'safe-state',
    at: 0,
    epoch: 1,
  });
  const together = { most: 0, order: [] as string[] };
  for (let look = 1; look < 200 && !endOf(plan, status); look++) {
    const lanes = Object.fromEntries(
      Object.entries(status.lanes).flatMap(([id, lane]) => {
        const step = stepOf(plan, id, lane);
        return step ? [[id, reachedNow(step.goal)]] : [];
      }),
    );
    const seen: Seen = {
      at: look * 1_000,
      lanes,
      windows: [],
      faults: [],
      permits: { freeze: 'open', record: 'valid', because: [] },
      commands: [],
      refused: [],
      ...more(status, look),
    };
    const reduced = reduce(plan, status, seen);
    status = reduced.status;
    for (const said of reduced.said) {
      if (said.what === 'began' && said.step === 'prepare') together.order.push(said.lane);
    }
    together.most = Math.max(together.most, Object.values(status.lanes).filter(({ end }) => !end).length);
  }
  return { status, ...together };
}

describe('groups of lanes', () => {
  it('go one after the other, and no more at a time than the plan says', () => {
    const plan = planOf([['pilot'], ['a', 'b', 'c'], ['rest']], 2);
    const { status, order, most } = run(plan);
    expect(endOf(plan, status)).toBe('promoted');
    expect(order).toEqual(['pilot', 'a', 'b', 'c', 'rest']);
    expect(most).toBe(2);
  });

  it('are not begun any more once one of them has turned', () => {
    const plan = planOf([['pilot'], ['rest']], 1);
    const bad = (status: Status, look: number): Partial<Seen> =>
      look === 4 ? { commands: [{ id: 'x', word: 'abort', by: 'ada' }] } : { at: look * 1_000 + status.epoch };
    const { status, order } = run(plan, bad);
    expect([endOf(plan, status), order]).toEqual(['returned', ['pilot']]);
  });

  it('are not begun without permits, and a freeze before the first act ends it with nothing done', () => {
    const plan = planOf([['pilot']], 1);
    const held = run(plan, (_, look) =>
      look < 50 ? { permits: { freeze: 'unknown', record: 'valid', because: [] } } : {},
    );
    expect(held.status.lanes.pilot?.since ?? 0).toBeGreaterThanOrEqual(50_000);
    const frozen = run(plan, () => ({ permits: { freeze: 'closed', record: 'valid', because: ['Black week.'] } }));
    expect([endOf(plan, frozen.status), frozen.order, frozen.status.decided?.by]).toEqual(['returned', [], 'freeze']);
  });

  it('end by the deadline, also those that still wait to be begun', () => {
    const unknown = { permits: { freeze: 'unknown', record: 'valid', because: [] } } as const;
    const none = { ...planOf([['pilot']], 1), deadlineMs: 20 * MINUTE };
    const never = run(none, (_, look) => ({ at: look * MINUTE, ...unknown }));
    expect([endOf(none, never.status), never.status.decided?.by]).toEqual(['returned', 'deadline']);
    const some = { ...planOf([['pilot'], ['rest']], 1), deadlineMs: 20 * MINUTE };
    const half = run(some, ({ lanes }, look) => ({ at: look * MINUTE, ...(lanes.pilot?.end && unknown) }));
    expect([endOf(some, half.status), half.status.decided?.by, half.order]).toEqual(['held', 'deadline', ['pilot']]);
  });
});
