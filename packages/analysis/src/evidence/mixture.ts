/**
 * Alternatives that are weighed against "no worse than tolerated": how many times worse. Small ones need much
 * traffic to be seen, large ones are seen at once; the mean over all of them loses at most ln 7 to the best.
 */
export const TIMES_WORSE: readonly number[] = [1.5, 2, 3, 5, 10, 30, 100];

/**
 * ln of the mean of exp(x): the e-value of a mixture of e-processes with equal weights, as a logarithm.
 * Sums are taken relative to the largest, so that nothing overflows.
 */
export function logMeanExp(logE: ArrayLike<number>): number {
  let most = Number.NEGATIVE_INFINITY;
  for (let k = 0; k < logE.length; k++) if ((logE[k] as number) > most) most = logE[k] as number;
  if (most === Number.NEGATIVE_INFINITY) return most;
  let sum = 0;
  for (let k = 0; k < logE.length; k++) sum += Math.exp((logE[k] as number) - most);
  return most + Math.log(sum / logE.length);
}
