import type { CountWindow, Stratum } from '../step.ts';

/** Groups of windows in which something bad happened: fewer say too little about a variance. */
const LEAST_GROUPS = 30;
/** A longer time scale counts only where it tells more than single windows by so many standard errors. */
const BY_CHANCE = 2;

/**
 * How many bad ones come at a time, from halves of the past that did not differ: phi. Of all bad ones x in a window and a stratum, the
 * candidate's half should have had x theta, theta = n_c / (n_c + n_s), give or take x theta (1 - theta); phi is by how much more its
 * square differs. Independent ones give 1, bursts that stay in one half E[B^2] / E[B]. What hits both halves alike
 * cancels out, as it does in the comparison that phi is for, so an incident in the past does no harm.
 *
 * Windows are also joined by 2, 4, 8, ..., because what one session does wrong is spread over several windows.
 *
 * @param runs windows of each run, in order
 * @param cut of a metric with several
 * @returns at least 1; nothing where too little bad happened to know
 */
export function phiBetween(runs: readonly (readonly CountWindow[])[], metric: string, cut = 0): number | undefined {
  let level = runs.map((windows) => windows.map(({ metrics }) => deviation(metrics[metric] ?? [], cut)));
  const single = ratio(level);
  if (!single || single.groups < LEAST_GROUPS) return undefined;
  let phi = Math.max(1, single.phi);
  for (;;) {
    level = level.map(inPairs);
    const joined = ratio(level);
    if (!joined || joined.groups < LEAST_GROUPS) return phi;
    const least = Math.max(1, single.phi) * (1 + BY_CHANCE * Math.sqrt(2 / (joined.groups - 1)));
    if (joined.phi > least) phi = Math.max(phi, joined.phi);
  }
}

/** By how much the candidate's half differs from its part, and the variance that independent ones would have. */
interface Deviation {
  off: number;
  variance: number;
}

function deviation(strata: readonly Stratum[], cut: number): Deviation {
  let [off, variance] = [0, 0];
  for (const { candidate, stable } of strata) {
    if (candidate.total === 0 || stable.total === 0) continue;
    const theta = candidate.total / (candidate.total + stable.total);
    const bad = (candidate.bad[cut] as number) + (stable.bad[cut] as number);
    off += (candidate.bad[cut] as number) - theta * bad;
    variance += bad * theta * (1 - theta);
  }
  return { off, variance };
}

function ratio(runs: readonly (readonly Deviation[])[]): { phi: number; groups: number } | undefined {
  const told = runs.flat().filter(({ variance }) => variance > 0);
  const variance = told.reduce((sum, each) => sum + each.variance, 0);
  const square = told.reduce((sum, { off }) => sum + off ** 2, 0);
  return variance > 0 ? { phi: square / variance, groups: told.length } : undefined;
}

function inPairs(windows: readonly Deviation[]): Deviation[] {
  return Array.from({ length: windows.length >> 1 }, (_, pair) => {
    const [one, two] = [windows[2 * pair] as Deviation, windows[2 * pair + 1] as Deviation];
    return { off: one.off + two.off, variance: one.variance + two.variance };
  });
}
