const A = 0.85;

/**
 * Half width of a band around an empirical distribution of `count` samples that holds the true one at all
 * points and all times at once, but for a chance of `alpha`: 0.85 sqrt((ln(1 + ln t) + C) / t)
 * (Howard and Ramdas, Sequential estimation of quantiles, Bernoulli 2022, theorem 2).
 */
export function bandWidth(count: number, alpha: number): number {
  if (count < 1) return 1;
  return Math.min(1, A * Math.sqrt((Math.log(1 + Math.log(count)) + constantOf(alpha)) / count));
}

const known = new Map<number, number>();

/** The constant C of the band: the least one whose chance of an error is at most `alpha`. */
export function constantOf(alpha: number): number {
  const before = known.get(alpha);
  if (before !== undefined) return before;
  let [low, high] = [2, 200];
  for (let step = 0; step < 60; step++) {
    const middle = (low + high) / 2;
    if (chanceOutside(middle) > alpha) low = middle;
    else high = middle;
  }
  known.set(alpha, high);
  return high;
}

/**
 * Bound of theorem 2 on the chance that the truth ever leaves the band: the least value over eta in
 * (1, 2 A^2) with gamma > 1 of 4 exp(-gamma^2 C) (1 + 1 / ((gamma^2 - 1) ln eta)),
 * gamma^2 = (2 / eta) (A - sqrt(2 (eta - 1) / C))^2.
 */
function chanceOutside(c: number): number {
  const STEPS = 2000;
  let least = 1;
  for (let step = 1; step < STEPS; step++) {
    const eta = 1 + (step / STEPS) * (2 * A * A - 1);
    const root = A - Math.sqrt((2 * (eta - 1)) / c);
    const gamma2 = root > 0 ? (2 / eta) * root * root : 0;
    if (gamma2 > 1) least = Math.min(least, 4 * Math.exp(-gamma2 * c) * (1 + 1 / ((gamma2 - 1) * Math.log(eta))));
  }
  return least;
}
