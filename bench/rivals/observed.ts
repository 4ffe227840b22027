import { argoRule, type Check, flaggerRule } from '../detection/rules.ts';
import { type Counters, successRate } from '../detection/success-rate.ts';
import { FLAGGER_WINDOW, type Rival } from './settings.ts';

/** What a controller did, in seconds since the epoch; or what the simulation says that it does. */
export interface Observed {
  /** When the candidate first got traffic (Flagger), or when it was first measured (Argo Rollouts). */
  begun?: number;
  checks: Check[];
  weights: { at: number; weight: number }[];
  abortedAt?: number;
  promotedAt?: number;
}

/**
 * What the simulated rule does with the counts that Prometheus had, given nothing of the real controller but when it began.
 *
 * @param until end of the recording, seconds since the epoch
 */
export function predict(rival: Rival, counters: Counters, begun: number, until: number): Observed {
  const predicted: Observed = { begun, checks: [], weights: [] };
  if (rival.controller === 'argo') {
    predicted.weights.push({ at: begun, weight: rival.weight });
    const asked = (at: number) => successRate(counters, at, rival.settings.interval);
    const abortedAt = argoRule(asked, rival.settings, begun, until, (check) => predicted.checks.push(check));
    return ended(predicted, abortedAt);
  }
  let weight = rival.stepWeight;
  predicted.weights.push({ at: begun, weight });
  const asked = (at: number) => successRate(counters, at, FLAGGER_WINDOW);
  const abortedAt = flaggerRule(asked, rival.settings, begun, until, (check) => {
    predicted.checks.push(check);
    if (check.outcome !== 'good') return true;
    if (weight >= rival.maxWeight) {
      predicted.promotedAt = check.at;
      return false;
    }
    weight += rival.stepWeight;
    predicted.weights.push({ at: check.at, weight });
    return true;
  });
  return ended(predicted, abortedAt);
}

function ended(predicted: Observed, abortedAt: number | undefined): Observed {
  if (abortedAt === undefined) return predicted;
  predicted.weights.push({ at: abortedAt, weight: 0 });
  return { ...predicted, abortedAt };
}

const LETTERS = { good: '+', bad: '-', none: '0' } as const;

/** The checks in a row as text: `+` good, `-` bad, `0` nothing to judge; then `A` for an abort, `P` for a promotion. */
export const sequenceOf = ({ checks, abortedAt, promotedAt }: Observed): string =>
  checks.map(({ outcome }) => LETTERS[outcome]).join('') +
  (abortedAt === undefined ? '' : 'A') +
  (promotedAt === undefined ? '' : 'P');

/** How far the times of checks and of the end are apart at most, in seconds; of those that both have. */
export function apart(one: Observed, other: Observed): number {
  const both = (a: number | undefined, b: number | undefined) =>
    a === undefined || b === undefined ? 0 : Math.abs(a - b);
  return Math.max(
    both(one.abortedAt, other.abortedAt),
    ...one.checks.map(({ at }, index) => both(at, other.checks[index]?.at)),
  );
}
