import type { Sha256 } from '@tillgate/release';
import { checkPlan } from '../check-plan.ts';
import type { Goal, Plan, RouterPlan, Step } from '../plan.ts';
import { PLAN_SCHEMA } from '../plan.ts';
import { LANE, longest } from './terms.ts';

/** What a rollback is made of. It asks for no permits and no pod template: it is never stopped. */
export interface RollbackInput {
  release: Sha256;
  workload: Plan['workload'];
  /** What is taken back. */
  from: Sha256;
  /** What runs again. */
  to: Sha256;
  images: Plan['images'];
  router: RouterPlan;
  /** How long it may take before it is told to be late, in ms. It is not given up then. */
  settleMs: number;
  /** How long it must stay as it is before it is called done, in ms. */
  steadyMs: number;
  abandonAfterMs: number;
}

/** The way back of a release that was promoted: one goal. The target sends traffic first, then code. @throws PlanError */
export function compileRollback(input: RollbackInput): Plan {
  const { to, settleMs, steadyMs } = input;
  const goal: Goal = {
    stable: to,
    candidate: null,
    candidateShare: 0,
    route: 'open',
    cron: 'stable',
    data: 'as-is',
  };
  const back: Step = {
    name: 'back',
    goal,
    leaveWhen: [{ by: 'reached' }, ...(steadyMs > 0 ? [{ by: 'time', ms: steadyMs } as const] : [])],
    maxMs: settleMs + steadyMs,
    safe: 'stable',
    watched: null,
  };
  const plan: Plan = {
    schema: PLAN_SCHEMA,
    strategy: 'rollback',
    release: input.release,
    workload: input.workload,
    from: input.from,
    to,
    images: input.images,
    podTemplate: null,
    router: input.router,
    shared: null,
    watching: null,
    waves: [[{ id: LANE, steps: [back] }]],
    ways: { stable: [{ ...back, name: 'go on back' }] },
    parallel: 1,
    abandonAfterMs: input.abandonAfterMs,
    deadlineMs: longest([back, back]),
  };
  checkPlan(plan);
  return plan;
}
