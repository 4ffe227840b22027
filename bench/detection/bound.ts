import { TIMING } from '@tillgate/analysis';
import { type Cell, LAG, SCRAPE, SCRAPES, type Trace, WARM_UP, WARMING, WEIGHT } from './traces.ts';

/**
 * Wald's lower bound on the mean time to detection of any test that compares the two versions, at a chance of `alpha` of ever
 * failing one that is no worse: ln(1 / alpha) over the information of a second, with the true ratio known and the
 * base rate not. It is for plain traffic that is looked at without a pause; scrapes and settling come on top.
 */
export function waldSeconds({ rate, base, effect }: Pick<Cell, 'rate' | 'base' | 'effect'>, alpha: number): number {
  const [ofCandidate, ofStable] = [rate * WEIGHT * Math.min(0.9, base * effect), rate * (1 - WEIGHT) * base];
  const bad = ofCandidate + ofStable;
  const [theta, theta0] = [ofCandidate / bad, WEIGHT];
  const divergence = theta * Math.log(theta / theta0) + (1 - theta) * Math.log((1 - theta) / (1 - theta0));
  return -Math.log(alpha) / (bad * divergence);
}

/**
 * After each scrape, the ln of the likelihood that the candidate is `times` worse, over that of "no worse". Whoever knows that also knows
 * how much worse a version is that warms up, and leaves nothing out.
 */
export function likelihood({ cell, candidate, stable, lost }: Trace, times: number): Float64Array {
  const all = new Float64Array(SCRAPES + 1);
  let from = 0;
  for (let to = 1; to <= SCRAPES; to++) {
    all[to] = all[to - 1] as number;
    if (lost[to]) continue;
    const grown = (of: Float64Array) => (of[to] as number) - (of[from] as number);
    const [nc, ns, xc, xs] = [grown(candidate.total), grown(stable.total), grown(candidate.bad), grown(stable.bad)];
    from = to;
    if (nc === 0 || ns === 0 || xc + xs === 0) continue;
    const due = nc * (cell.scenario === 'cold start' && to * SCRAPE <= WARM_UP ? WARMING : 1);
    (all[to] as number) += xc * Math.log(times) - (xc + xs) * Math.log((times * due + ns) / (due + ns));
  }
  return all;
}

/** The lowest threshold that at most so many of these traces ever reach. */
export function thresholdOf(paths: readonly Float64Array[], allowed: number): number {
  const highest = paths.map((path) => path.reduce((a, b) => Math.max(a, b))).sort((a, b) => b - a);
  return (highest[Math.floor(allowed * paths.length)] as number) + 1e-9;
}

/** When a path first reaches a threshold, in seconds, with what it takes to know it; or never. */
export function reachedAt(path: Float64Array, threshold: number, { scenario }: Cell): number {
  const at = path.findIndex((value) => value >= threshold);
  return at < 0 ? Number.POSITIVE_INFINITY : at * SCRAPE + (scenario === 'lag' ? LAG : 0) + TIMING.settle / 1000;
}
