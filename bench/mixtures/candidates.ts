import { logMeanExp, TIMES_WORSE } from '@tillgate/analysis';

/** Part of all requests that go to the candidate. */
const SHARE = 0.1;

/** A test of "no worse" that reads windows: it is given the bad ones of both, and tells ln of its evidence. */
export type Process = (bad: { candidate: number; stable: number }) => number;

/** ln of the likelihood ratio of a window for "so many times worse", given the sum of bad ones. */
const ratioOf = (times: number, candidate: number, all: number) =>
  candidate * Math.log(times) - all * Math.log(times * SHARE + 1 - SHARE);

/** The likelihood ratio of one alternative. */
export function single(times: number): Process {
  let logE = 0;
  return ({ candidate, stable }) => {
    logE += ratioOf(times, candidate, candidate + stable);
    return logE;
  };
}

/** The mean over several alternatives, of given weights or equal ones. */
export function mixture(grid: readonly number[] = TIMES_WORSE, weights?: readonly number[]): Process {
  const logE = grid.map((_, k) => (weights ? Math.log((weights[k] as number) * grid.length) : 0));
  return ({ candidate, stable }) => {
    for (const [k, times] of grid.entries()) {
      logE[k] = (logE[k] as number) + ratioOf(times, candidate, candidate + stable);
    }
    return logMeanExp(logE);
  };
}

/** Bets on the share seen so far, which begins as `prior` bad ones of which 4 in 10 are the candidate's. */
export function betting(prior: number): Process {
  let [logE, ofCandidate, of] = [0, 0, 0];
  return ({ candidate, stable }) => {
    const share = Math.min(0.99, Math.max(1.3 * SHARE, (ofCandidate + 0.4 * prior) / (of + prior)));
    logE += candidate * Math.log(share / SHARE) + stable * Math.log((1 - share) / (1 - SHARE));
    ofCandidate += candidate;
    of += candidate + stable;
    return logE;
  };
}

/**
 * A mixture that wastes nothing by overshooting its bound: each factor is cut off at the bound and raised by what that leaves,
 * so that its expectation under "no worse" stays 1 (sequential boosting; Fischer and Ramdas, arXiv 2410.16076). For independent errors only.
 */
export function boosted(grid: readonly number[], bound: number): Process {
  const logE = grid.map(() => 0);
  return ({ candidate, stable }) => {
    const all = candidate + stable;
    const before = logMeanExp(logE);
    const factors = Array.from({ length: all + 1 }, (_, x) =>
      Math.exp(logMeanExp(grid.map((times, k) => (logE[k] as number) + ratioOf(times, x, all))) - before),
    );
    const raise = Math.log(boostOf(factors, Math.exp(bound - before)));
    for (const [k, times] of grid.entries()) logE[k] = (logE[k] as number) + ratioOf(times, candidate, all) + raise;
    return logMeanExp(logE);
  };
}

/** The largest b for which min(b F, cap) has expectation 1, x being binomial under "no worse". */
function boostOf(factors: readonly number[], cap: number): number {
  const all = factors.length - 1;
  let boost = 1;
  for (let round = 0; round < 60; round++) {
    let [free, cut] = [0, 0];
    let chance = (1 - SHARE) ** all;
    for (const [x, factor] of factors.entries()) {
      if (boost * factor >= cap) cut += chance * cap;
      else free += chance * factor;
      chance *= ((all - x) / (x + 1)) * (SHARE / (1 - SHARE));
    }
    const next = free > 0 ? (1 - cut) / free : boost;
    if (next <= boost * (1 + 1e-9)) break;
    boost = next;
  }
  return boost;
}

/** Bad ones of a window, in the mean, when the candidate is so many times worse and `windows` of them hold the information that a bound takes. */
export function meansOf(times: number, bound: number, windows: number): { candidate: number; stable: number } {
  const share = (times * SHARE) / (times * SHARE + 1 - SHARE);
  const divergence = share * Math.log(share / SHARE) + (1 - share) * Math.log((1 - share) / (1 - SHARE));
  const all = bound / divergence / windows;
  return { candidate: all * share, stable: all * (1 - share) };
}
