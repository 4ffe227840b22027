import type { AnalysisPlan, Reading } from '@tillgate/analysis';
import type { Sha256 } from '@tillgate/release';
import { checkPlan } from '../check-plan.ts';
import type { BasisPoints, Goal, Plan, Proof, RouterPlan, Shared, Step, Watch, Watching } from '../plan.ts';
import { PLAN_SCHEMA } from '../plan.ts';
import { ALL, LANE, longest } from './terms.ts';

/** One share of the candidate, and what must be shown at it. */
export interface ShareStep {
  /** 1 to 9,999; each larger than the one before. */
  share: BasisPoints;
  /** At least so long, in ms. */
  forMs: number;
  /** Longer than this is inconclusive, in ms. */
  maxMs: number;
  /** Whether the analysis must pass. */
  analysis: boolean;
  /** Newly assigned sessions that must be seen, and how far their share may be off; null: they are not counted. */
  sessions: { atLeast: number; within: BasisPoints } | null;
}

/** What a canary is made of: policy and facts, as they are when the record is signed. */
export interface CanaryInput {
  release: Sha256;
  workload: Plan['workload'];
  from: Sha256;
  to: Sha256;
  /** Full references by digest of both. */
  images: Plan['images'];
  podTemplate: Sha256 | null;
  router: RouterPlan;
  shared: Shared;
  /** How long testers have the candidate for themselves, in ms; of no account without testers. */
  testersMs: number;
  shares: readonly ShareStep[];
  watching: Omit<Watching, 'beside' | 'after'> & Watch;
  /** How long it is watched after promotion, in ms. */
  watchMs: number;
  /** How long promotion, and the way back, may take, in ms. */
  settleMs: number;
  abandonAfterMs: number;
  /** Null: as long as all steps together may take. */
  deadlineMs: number | null;
}

/**
 * A traffic canary as a plan of goals: the candidate beside stable and seen by testers only; then shares of the
 * traffic, each left on evidence; then stable gets the image while the candidate serves on; then the candidate
 * goes, and everybody is watched, and was seen to be. Until promotion has settled, nothing to know means back; after it, on.
 *
 * @throws PlanError what makes no sense together
 */
export function compileCanary(input: CanaryInput): Plan {
  const { from, to, router, watching, settleMs, watchMs } = input;
  const { analysis, readings, readyWithinMs, ...rest } = watching;
  const route: Goal['route'] = router.testers ? 'preview' : 'open';
  const goal = (candidateShare: BasisPoints, changes: Partial<Goal> = {}): Goal => ({
    stable: from,
    candidate: to,
    candidateShare,
    route,
    cron: 'stable',
    data: 'as-is',
    ...changes,
  });
  const alone = (stable: Sha256) => goal(0, { stable, candidate: null, route: 'open' });
  const last = input.shares.at(-1)?.share ?? 0;
  const testersMs = router.testers ? input.testersMs : 0;
  const prepare: Step = {
    name: 'prepare',
    goal: goal(0),
    leaveWhen: [{ by: 'reached' }, ...lasting(testersMs), { by: 'permits' }],
    maxMs: readyWithinMs + testersMs + settleMs,
    safe: 'stable',
    watched: null,
  };
  const promote: Step = {
    name: 'promote',
    goal: goal(last, { stable: to }),
    leaveWhen: [{ by: 'reached' }],
    maxMs: settleMs,
    safe: 'stable',
    watched: null,
  };
  const settle: Step = { ...promote, name: 'settle', goal: alone(to), safe: 'new' };
  const after = limitsAlone({ analysis, readings }, to);
  const watch: Step = {
    ...settle,
    name: 'watch',
    leaveWhen: [{ by: 'reached' }, ...lasting(watchMs), ...(after ? [{ by: 'read' } as const] : []), { by: 'floor' }],
    maxMs: watchMs + settleMs,
    watched: after && 'after',
  };
  const steps = [prepare, ...input.shares.map((each) => shareStep(each, goal(each.share))), promote, settle, watch];
  const plan: Plan = {
    schema: PLAN_SCHEMA,
    strategy: 'canary',
    release: input.release,
    workload: input.workload,
    from,
    to,
    images: input.images,
    podTemplate: input.podTemplate,
    router,
    shared: input.shared,
    watching: { beside: { analysis, readings }, after, readyWithinMs, ...rest },
    waves: [[{ id: LANE, steps }]],
    ways: {
      stable: [{ ...promote, name: 'back', goal: alone(from) }],
      new: [{ ...settle, name: 'stay' }],
    },
    parallel: 1,
    abandonAfterMs: input.abandonAfterMs,
    deadlineMs: input.deadlineMs ?? longest(steps),
  };
  checkPlan(plan);
  return plan;
}

function shareStep({ share, forMs, maxMs, analysis, sessions }: ShareStep, goal: Goal): Step {
  return {
    name: `${(share * 100) / ALL} %`,
    goal,
    leaveWhen: [
      { by: 'reached' },
      ...lasting(forMs),
      ...(analysis ? [{ by: 'analysis' } as const] : []),
      ...(sessions ? [{ by: 'sessions', ...sessions } as const] : []),
      { by: 'permits' },
    ],
    maxMs,
    safe: 'stable',
    watched: 'beside',
  };
}

const lasting = (ms: number): Proof[] => (ms > 0 ? [{ by: 'time', ms }] : []);

/**
 * What can still be judged when nothing is left to compare with: metrics that have a limit, or a share below
 * which they had to be shown to be, which is their limit from then on. Series that were told apart by where they come from (a service) are now
 * those of stable; series that name the version stay the same. Nothing of it can pass a release, so it only ever fails one.
 */
function limitsAlone({ analysis, readings }: Watch, to: Sha256): Watch | null {
  const metrics = analysis.metrics.flatMap(({ pass, ...metric }): AnalysisPlan['metrics'] => {
    if (metric.test.by === 'limit') return [metric];
    if (!pass || metric.worse === 'lower' || metric.cuts) return [];
    return [{ ...metric, test: { by: 'limit', share: pass.below } }];
  });
  if (metrics.length === 0) return null;
  const kept = new Set(metrics.map(({ name }) => name));
  const swapped = readings
    .filter(({ metric, counts }) => kept.has(metric) && counts.kind !== 'sessions')
    .map((reading): Reading => {
      const { label, candidate, stable } = reading.arm;
      if (candidate.includes(to)) return reading;
      return { ...reading, arm: { label, candidate: stable, stable: candidate } };
    });
  return { analysis: { ...analysis, metrics, minimum: { seconds: 0, tenants: 0, sessions: 0 } }, readings: swapped };
}
