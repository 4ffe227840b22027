import { describe, expect, it } from '@jest/globals';
import type { Sha256 } from '@tillgate/release';
import { begin } from './begin.ts';
import { contradictionOf } from './contradiction.ts';
import { digestOfAll, examplePlan, exampleRollback, NEW, OLD } from './example-plan.test-kit.ts';
import type { Plan } from './plan.ts';
import type { Observed } from './seen.ts';
import type { End, LaneStatus, Status } from './status.ts';
import { LANE } from './strategies/terms.ts';

const PODS = { settled: true, desired: 2, ready: 2, crashing: 0, restarts: 0, stuck: [] };
const seen = (stable: Sha256 | null, candidate: Sha256 | null = null, candidateShare = 0): Observed => ({
  stable: { ...PODS, image: stable, running: [OLD] },
  candidate: candidate && { ...PODS, image: candidate, running: [candidate] },
  candidateShare,
  ...{ route: 'open', cron: 'stable', assigned: null, foreign: [], waitingFor: [] },
});
const state = (plan: Plan, end: End | undefined, changes: Partial<LaneStatus> = {}): Status => ({
  ...begin(plan, {
    ...{ record: digestOfAll('9'), escape: {}, onInconclusive: 'pause', at: 0, epoch: 1 },
    before: { image: OLD, replicas: 2, floor: 2, uid: 'u', configuration: {}, errorShare: null },
  }),
  lanes: { [LANE]: { way: 'forward', step: 0, since: 0, limitFrom: 0, ...(end && { end }), ...changes } },
});
const [canary, rollback] = [examplePlan(), exampleRollback()];

describe('an end that a state tells', () => {
  it.each([
    ['promoted', canary, 'promoted', seen(NEW)],
    [
      'promoted, with pods that are being replaced',
      canary,
      'promoted',
      { ...seen(NEW), stable: { ...seen(NEW).stable, ready: 0 } },
    ],
    ['returned', canary, 'returned', seen(OLD)],
    ['back, by a rollback', rollback, 'returned', seen(OLD)],
    ['held, wherever it stands', canary, 'held', seen(OLD, NEW, 500)],
    ['not there yet', canary, undefined, seen(OLD, NEW, 500)],
  ] as const)('is believed where it is %s', (_, plan, end, there) => {
    expect(contradictionOf(plan, state(plan, end), there)).toBeUndefined();
  });

  it.each([
    ['promoted, and stable was never told to run it', canary, 'promoted', seen(OLD, NEW, 500), OLD],
    ['promoted, and stable names no digest', canary, 'promoted', seen(null), 'without digest'],
    ['promoted, and a candidate stands', canary, 'promoted', seen(NEW, NEW), 'a candidate still stands'],
    ['promoted, and the router has a share for nobody', canary, 'promoted', seen(NEW, null, 500), '5 %'],
    ['returned, and the new one runs', canary, 'returned', seen(NEW), NEW],
    ['returned, and some are on the new one', canary, 'returned', seen(OLD, NEW, 500), '5 %'],
    ['back by a rollback, and the new one runs', rollback, 'returned', seen(NEW), NEW],
  ] as const)('is not where it is %s', (_, plan, end, there, why) => {
    const told = contradictionOf(plan, state(plan, end), there);
    expect(told).toContain(why);
    expect(told).toContain(`says "${end}"`);
  });

  it('is not where the state is of another plan, or at a step that the plan has not', () => {
    expect(contradictionOf(canary, state(rollback, 'returned'), seen(OLD))).toContain('names plan');
    expect(contradictionOf(canary, state(canary, 'promoted', { step: 99 }), seen(NEW))).toContain('step 99');
  });
});
