/** Scrapes lie this far apart, in seconds. */
export const SCRAPE = 15;
/** An hour of them. */
export const SCRAPES = 240;
/** Of all requests, so many go to the candidate. */
export const WEIGHT = 0.1;
/** Warm-up of the scenario `cold start`, seconds. */
export const WARM_UP = 120;
/** How many times as many requests fail while it lasts. */
export const WARMING = 4;
/** How much later samples are seen in the scenario `lag`, seconds. */
export const LAG = 30;

export const SCENARIOS = [
  'plain',
  'bursty',
  'sessions',
  'cold start',
  'shared incident',
  'missing scrapes',
  'lag',
] as const;
export type Scenario = (typeof SCENARIOS)[number];

/** What is simulated: requests a second of both versions, error rate of stable, and how many times that of the candidate. */
export interface Cell {
  rate: number;
  base: number;
  effect: number;
  scenario: Scenario;
}

/** Cumulative counters of both versions at each scrape; the first is 0. */
export interface Trace {
  cell: Cell;
  candidate: { total: Float64Array; bad: Float64Array };
  stable: { total: Float64Array; bad: Float64Array };
  /** Whether a scrape was lost. */
  lost: boolean[];
}

/** Uniform numbers that follow from a seed (mulberry32). */
export function uniformOf(seed: number): () => number {
  let state = Math.imul(seed, 0x9e3779b1);
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** One hour after a release. Counts above 30 are drawn from the normal distribution of the same mean and variance. */
export function traceOf(cell: Cell, seed: number): Trace {
  const uniform = uniformOf(seed);
  const { rate, base, effect, scenario } = cell;
  const arm = (share: number, times: number, isCandidate: boolean) => {
    const [total, bad] = [new Float64Array(SCRAPES + 1), new Float64Array(SCRAPES + 1)];
    const still = new Float64Array(SCRAPES + 9); // broken sessions that are open
    for (let at = 1; at <= SCRAPES; at++) {
      const seconds = at * SCRAPE;
      let p = base * times;
      if (scenario === 'cold start' && isCandidate && seconds <= WARM_UP) p *= WARMING;
      if (scenario === 'shared incident' && seconds > 600 && seconds <= 780) p *= 20;
      p = Math.min(0.9, p);
      const n = poisson(uniform, rate * SCRAPE * share);
      let x = 0;
      if (scenario === 'bursty') {
        for (let bursts = poisson(uniform, (n * p) / 5); bursts > 0; bursts--) {
          x += 1 + Math.floor(Math.log(1 - uniform()) / Math.log(0.8));
        }
      } else if (scenario === 'sessions') {
        // A broken session fails whole: 20 requests over two minutes.
        const begun = poisson(uniform, (n * p) / 20);
        for (let later = at; later < at + 8; later++) still[later] = (still[later] as number) + begun;
        x = poisson(uniform, (still[at] as number) * 2.5);
      } else x = poisson(uniform, n * p);
      total[at] = (total[at - 1] as number) + n;
      bad[at] = (bad[at - 1] as number) + Math.min(n, x);
    }
    return { total, bad };
  };
  const candidate = arm(WEIGHT, effect, true);
  const stable = arm(1 - WEIGHT, 1, false);
  const lost = Array.from(
    { length: SCRAPES + 1 },
    (_, at) => scenario === 'missing scrapes' && at > 0 && uniform() < 0.2,
  );
  return { cell, candidate, stable, lost };
}

/** The last scrape that can be seen at a time. */
export function seenAt({ cell, lost }: Trace, seconds: number): number {
  let at = Math.min(SCRAPES, Math.floor((seconds - (cell.scenario === 'lag' ? LAG : 0)) / SCRAPE));
  while (at > 0 && lost[at]) at--;
  return Math.max(0, at);
}

/** How many happen of which so many do in the mean. */
export function poisson(uniform: () => number, mean: number): number {
  if (mean > 30) {
    const normal = Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform());
    return Math.max(0, Math.round(mean + Math.sqrt(mean) * normal));
  }
  let [chance, left, count] = [Math.exp(-mean), uniform(), 0];
  while (left > chance && chance > 0) {
    left -= chance;
    count++;
    chance *= mean / count;
  }
  return count;
}
