/** What a check came to. `none`: there was nothing to judge. */
export type Outcome = 'good' | 'bad' | 'none';

/** One check of a rule. */
export interface Check {
  /** Seconds. */
  at: number;
  outcome: Outcome;
  /** Share of good answers that it saw, where that is known. */
  share?: number;
}

/** The share of good answers that Prometheus tells at a time; undefined for an empty answer, NaN for 0 / 0. */
export type Asked = (at: number) => number | undefined;

/** How a canary of Flagger is judged. */
export interface FlaggerSettings {
  /** Seconds between two looks. */
  interval: number;
  /** Least share of good answers. */
  least: number;
  /** Rolled back at so many failed checks. */
  threshold: number;
}

/**
 * Flagger 1.44 (pkg/controller/scheduler.go): a look every interval from when the candidate first got traffic. An empty answer and
 * NaN are failed checks, which are counted and never forgiven. That there are too many is noticed at the next
 * look, before anything is checked, so the rollback comes one interval after the check that was one too many.
 *
 * @param begun when the candidate first got traffic, seconds
 * @param until looks later than this are not simulated
 * @param seen told of each check; answers whether it goes on
 * @returns when it is rolled back
 */
export function flaggerRule(
  asked: Asked,
  { interval, least, threshold }: FlaggerSettings,
  begun: number,
  until: number,
  seen?: (check: Check) => boolean,
): number | undefined {
  let failed = 0;
  for (let at = begun + interval; at <= until; at += interval) {
    if (failed >= threshold) return at;
    const share = asked(at);
    const good = share !== undefined && share >= least;
    if (!good) failed++;
    const outcome = share === undefined || Number.isNaN(share) ? 'none' : good ? 'good' : 'bad';
    if (seen && !seen({ at, outcome, ...(share !== undefined && { share }) })) return undefined;
  }
  return undefined;
}

/** How an analysis of Argo Rollouts judges. */
export interface ArgoSettings {
  /** Seconds between two measurements. */
  interval: number;
  /** `successCondition: result[0] >= least`. */
  least: number;
  failureLimit: number;
  /** Seconds before the first measurement. */
  initialDelay: number;
}

const RETRY = 10;
const CONSECUTIVE_ERROR_LIMIT = 4;

/**
 * Argo Rollouts 1.10 (analysis/analysis.go): measures at once, then every interval. An empty answer is an error and is
 * retried after 10 s; more than four of them in a row end the rollout. NaN is not `>=` anything, so it is a failure.
 * More failures than the limit end the rollout with the measurement that is one too many.
 *
 * @param begun when the analysis began, seconds
 * @returns when it is aborted
 */
export function argoRule(
  asked: Asked,
  { interval, least, failureLimit, initialDelay }: ArgoSettings,
  begun: number,
  until: number,
  seen?: (check: Check) => void,
): number | undefined {
  let [failed, errors] = [0, 0];
  let at = begun + initialDelay;
  while (at <= until) {
    const share = asked(at);
    errors = share === undefined ? errors + 1 : 0;
    const good = share !== undefined && share >= least;
    if (share !== undefined && !good) failed++;
    if (seen) {
      const outcome = share === undefined ? 'none' : good ? 'good' : 'bad';
      seen({ at, outcome, ...(share !== undefined && { share }) });
    }
    if (failed > failureLimit || errors > CONSECUTIVE_ERROR_LIMIT) return at;
    at += share === undefined ? RETRY : interval;
  }
  return undefined;
}
