/** Times of steps in milliseconds, by `<flow>: <step>`. */
export type Times = Readonly<Record<string, readonly number[]>>;

/** One step compared with the baseline; medians in milliseconds. */
export interface Comparison {
  step: string;
  before: number;
  now: number;
  /** `slower` is said only where the ratio is exceeded and chance is no explanation. */
  judgement: 'slower' | 'as-before' | 'too-few';
  /** Probability of times like these if the step took as long as the ratio just allows (one-sided). */
  chance: number;
}

/** With fewer values on a side, even a clean separation could be chance. */
const FEWEST = 5;
const SIGNIFICANT = 0.01;
/** Differences below this are the noise of a machine, whatever their ratio. Milliseconds. */
const NOTICEABLE_MS = 25;

/**
 * Compares the steps that both sides have. The baseline is stretched by the ratio before the test: what is
 * tested is not whether anything changed, but whether a step exceeds what is allowed. With sixty
 * steps a run, a test for any change would cry wolf in every third one.
 */
export function compareTimes(before: Times, now: Times, maxRatio: number): Comparison[] {
  return Object.entries(now).flatMap(([step, values]) => {
    const earlier = Object.hasOwn(before, step) ? before[step] : undefined;
    if (!earlier || earlier.length === 0 || values.length === 0) return [];
    const [was, is] = [median(earlier), median(values)];
    const allowed = earlier.map((ms) => ms * maxRatio);
    const chance = chanceOfSlower(allowed, values);
    const enough = Math.min(earlier.length, values.length) >= FEWEST;
    const slower = is - was >= NOTICEABLE_MS && chance <= SIGNIFICANT;
    return [{ step, before: was, now: is, judgement: enough ? (slower ? 'slower' : 'as-before') : 'too-few', chance }];
  });
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const half = sorted.length >> 1;
  const [low, high] = [sorted[half - 1 + (sorted.length % 2)], sorted[half]];
  return ((low ?? Number.NaN) + (high ?? Number.NaN)) / 2;
}

/**
 * One-sided p-value of the Mann-Whitney U test, that `now` tends to be larger than `before`. Exact, by
 * counting arrangements; a tie counts as if `now` were the smaller one, which never cries wolf. Medians and
 * ranks make one outlier, such as a garbage collection, count no more than any other value.
 */
export function chanceOfSlower(before: readonly number[], now: readonly number[]): number {
  const [n, m] = [before.length, now.length];
  let u = 0;
  for (const value of now) for (const earlier of before) if (value > earlier) u += 1;
  const counts = arrangements(n, m);
  const total = counts.reduce((sum, count) => sum + count, 0);
  return counts.slice(u).reduce((sum, count) => sum + count, 0) / total;
}

const known = new Map<string, number[]>();

/** In how many ways n earlier and m later values can be arranged, by the number of pairs whose later one is larger. */
function arrangements(n: number, m: number): number[] {
  const there = known.get(`${n} ${m}`);
  if (there) return there;
  // ways[j][s]: arrangements of j later and the earlier values added so far, in which s pairs are larger
  const ways: number[][] = Array.from({ length: m + 1 }, () => Array<number>(n * m + 1).fill(0));
  (ways[0] as number[])[0] = 1;
  for (let size = 1; size <= n + m; size += 1) {
    for (let later = Math.min(size, m); later >= 1; later -= 1) {
      const earlier = size - later;
      if (earlier > n) continue;
      const [row, from] = [ways[later] as number[], ways[later - 1] as number[]];
      const added: number[] = row.map(
        (stay, sum) => (earlier > 0 ? stay : 0) + (sum >= earlier ? (from[sum - earlier] ?? 0) : 0),
      );
      ways[later] = added;
    }
  }
  const counts = ways[m] as number[];
  known.set(`${n} ${m}`, counts);
  return counts;
}
