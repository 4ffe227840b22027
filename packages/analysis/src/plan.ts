/** How a metric is judged. */
export type Test =
  /** H0: the candidate's rate is at most `tolerated` times that of the stable version. */
  | { by: 'comparison'; tolerated: number }
  /** H0: at most this share is bad. For what has no stable counterpart. */
  | { by: 'limit'; share: number }
  /** H0: at no cut is the candidate's share of slower samples higher by more than `tolerated`. For raw samples. */
  | { by: 'band'; tolerated: number };

/** One thing that is watched. Whatever it is, it comes as "so many of so many were bad". */
export interface Metric {
  name: string;
  /** What is counted, for people: `requests`, `session-minutes`, `tenant-scrapes`. */
  unit: string;
  /** What a bad one did, for people: `failed`, `were slower than 0.5 s`, `posted an order`. */
  bad: string;
  test: Test;
  /** Names of the cuts, where several shares are judged together (latency: `0.1 s`, `0.5 s`); their e-values are averaged. */
  cuts?: readonly string[];
  /** `lower` where fewer "bad" ones are the harm, as with orders posted. */
  worse?: 'higher' | 'lower';
  /** How many bad ones come at a time; see `dispersion`. 1 is independent. */
  phi: number;
  /** The share that must be shown not to be reached, at one of the cuts, before this metric passes. Without it, the metric can only fail. */
  pass?: { below: number; cut?: number };
  /** A share that fails at once, in any window of so many of the candidate. */
  floor?: { share: number; total: number };
  /** Its part of alpha relative to the others; 1 unless told. */
  weight?: number;
}

/** What a release must show, frozen before it starts. */
export interface AnalysisPlan {
  metrics: readonly Metric[];
  /** Chance that a release that is no worse than tolerated is ever failed, over all metrics and all looks. */
  alpha: number;
  /** Chance that a metric at or above its limit is ever passed. */
  beta: number;
  /** What a pass needs besides: seconds of comparison, tenants, and sessions of the candidate. */
  minimum: { seconds: number; tenants: number; sessions: number };
}

/** Raised where a plan makes no sense; the message says which number and why. */
export class PlanError extends Error {
  override readonly name = 'PlanError';
}

/** @throws PlanError */
export function checkPlan(plan: AnalysisPlan): void {
  const must = (holds: boolean, why: string) => {
    if (!holds) throw new PlanError(why);
  };
  const chance = (value: number) => value > 0 && value < 1;
  must(plan.metrics.length > 0, 'A plan without metrics could neither fail nor pass anything: name at least one.');
  must(chance(plan.alpha) && chance(plan.beta), 'alpha and beta are chances: they lie between 0 and 1.');
  for (const [what, least] of Object.entries(plan.minimum)) {
    must(least >= 0 && Number.isFinite(least), `minimum.${what} is ${least}: it must be a number of at least 0.`);
  }
  const names = new Set<string>();
  for (const { name, test, phi, pass, floor, cuts, weight = 1, worse = 'higher' } of plan.metrics) {
    const here = (holds: boolean, why: string) => must(holds, `Metric "${name}": ${why}`);
    here(!names.has(name), 'there are two of this name; their evidence would be mixed.');
    names.add(name);
    here(phi >= 1 && Number.isFinite(phi), `phi is ${phi}; below 1 it would count evidence more than once.`);
    here(weight > 0 && Number.isFinite(weight), `weight is ${weight}; it must be above 0.`);
    here(!pass || chance(pass.below), 'pass.below is a share: it lies between 0 and 1.');
    here(!floor || (chance(floor.share) && floor.total >= 1), 'floor needs a share between 0 and 1, of at least one.');
    here(!pass || (pass.cut ?? 0) < (cuts?.length ?? 1), 'pass.cut names a cut that is not there.');
    here(!cuts || cuts.length > 0, 'cuts is empty; leave it out where there is one share only.');
    if (test.by === 'comparison') here(test.tolerated > 0, 'tolerated is a ratio of rates: it must be above 0.');
    if (test.by === 'limit') here(chance(test.share), 'test.share lies between 0 and 1.');
    if (test.by === 'band') here(test.tolerated >= 0 && test.tolerated < 1, 'tolerated is a difference of shares.');
    here(
      worse === 'higher' || (test.by === 'comparison' && !pass && !floor),
      '"lower" can only be compared with stable: it has no limit, pass or floor.',
    );
  }
}

/** The part of alpha that a metric may spend. */
export function alphaOf(plan: AnalysisPlan, metric: Metric): number {
  const all = plan.metrics.reduce((sum, { weight = 1 }) => sum + weight, 0);
  return (plan.alpha * (metric.weight ?? 1)) / all;
}
