import type { Count } from './two-sample.ts';

/**
 * Adds one window to the one-sample e-process of a share: the likelihood of each alternative `q` over that of
 * the limit. With alternatives above the limit its H0 is "at most the limit", with those below it
 * "at least the limit".
 *
 *   ln E_q += (x ln(q / limit) + (n - x) ln((1 - q) / (1 - limit))) / phi
 *
 * @param logE ln E of each alternative; changed in place
 */
export function addLimit(
  logE: { [index: number]: number },
  alternatives: readonly number[],
  { bad, total }: Count,
  limit: number,
  phi: number,
): void {
  for (let k = 0; k < alternatives.length; k++) {
    const q = alternatives[k] as number;
    const step = bad * Math.log(q / limit) + (total - bad) * (Math.log1p(-q) - Math.log1p(-limit));
    logE[k] = (logE[k] as number) + step / phi;
  }
}

/**
 * Shares well below a limit, for the process that lets a release pass. The first is next to none: with it
 * alone, 149 good ones in a row reject 2 % at 1 in 20. It is not 0, after which a single bad one could never be made up for.
 */
export const sharesBelow = (limit: number): number[] => [0.001, 0.1, 0.25, 0.5].map((part) => part * limit);

/** Shares above a limit, by odds that are so many times as high. */
export const sharesAbove = (limit: number, times: readonly number[]): number[] =>
  times.map((r) => (r * limit) / (1 - limit + r * limit));
