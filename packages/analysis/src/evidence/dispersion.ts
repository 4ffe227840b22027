import type { Count } from './two-sample.ts';

/** Fewer joined windows than this say too little about a variance: with 100 it is known to some 15 %. */
const LEAST_WINDOWS = 100;

/**
 * How many bad ones come at a time, from the past: variance over mean of the counts of bad ones. Independent
 * ones give 1; for bursts of size B it is E[B^2] / E[B]. Windows are also joined by 2, 4, 8, ... and a larger value
 * is taken, because what one session does wrong is spread over several windows; but only where joined windows tell more than
 * single ones by more than chance: the largest of several estimates lies above the truth, and evidence is divided by it.
 *
 * It is to be computed before the release and kept: one estimated from the data under test would adapt to
 * the very evidence that it scales, and the bound on false alarms would be lost.
 *
 * @returns at least 1
 * @throws RangeError where the past is too short or holds nothing bad, so that nothing can be known
 */
export function dispersion(past: readonly Count[]): number {
  if (past.length < LEAST_WINDOWS) {
    throw new RangeError(`${past.length} windows say too little about bursts: at least ${LEAST_WINDOWS} are needed.`);
  }
  if (!past.some(({ bad }) => bad > 0)) {
    throw new RangeError('Nothing bad happened in that past, so it does not tell whether bad ones come in bursts.');
  }
  const single = Math.max(1, varianceOverMean(past));
  let most = single;
  for (let windows = inPairs(past); windows.length >= LEAST_WINDOWS; windows = inPairs(windows)) {
    const joined = varianceOverMean(windows);
    if (joined > single * (1 + BY_CHANCE * relativeError(windows.length))) most = Math.max(most, joined);
  }
  return most;
}

/** So many standard errors are put down to chance. */
const BY_CHANCE = 2;

/** Standard error of variance over mean, relative to it: that of chi-squared over its degrees of freedom. */
const relativeError = (windows: number): number => Math.sqrt(2 / (windows - 1));

/** Pearson's chi-squared over its degrees of freedom, for counts that share one rate. */
function varianceOverMean(windows: readonly Count[]): number {
  const seen = windows.filter(({ total }) => total > 0);
  const rate = sum(seen, 'bad') / sum(seen, 'total');
  const squares = seen.reduce((all, { bad, total }) => all + (bad - rate * total) ** 2 / (rate * total), 0);
  return squares / Math.max(1, seen.length - 1);
}

function inPairs(windows: readonly Count[]): Count[] {
  return Array.from({ length: windows.length >> 1 }, (_, pair) => {
    const [one, two] = [windows[2 * pair] as Count, windows[2 * pair + 1] as Count];
    return { bad: one.bad + two.bad, total: one.total + two.total };
  });
}

const sum = (counts: readonly Count[], of: keyof Count) => counts.reduce((all, count) => all + count[of], 0);
