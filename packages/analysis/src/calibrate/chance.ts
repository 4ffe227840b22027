/** Uniform numbers in [0, 1) that follow from a seed (mulberry32), so that a calibration can be repeated. */
export function uniformOf(seed: number): () => number {
  let state = Math.imul(seed + 1, 0x9e3779b1);
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Beyond this variance a count is drawn from the normal distribution of the same mean and variance. */
const LARGE = 100;

/** How many of `count` independent ones happen, each with the same chance. */
export function binomial(uniform: () => number, count: number, chance: number): number {
  if (count <= 0 || chance <= 0) return 0;
  if (chance >= 1) return count;
  if (chance > 0.5) return count - binomial(uniform, count, 1 - chance);
  const variance = count * chance * (1 - chance);
  if (variance > LARGE) {
    const normal = Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform());
    return Math.min(count, Math.max(0, Math.round(count * chance + Math.sqrt(variance) * normal)));
  }
  // From one that happens to the next: the gaps between them are geometric.
  const step = Math.log1p(-chance);
  let [happened, at] = [0, Math.floor(Math.log(1 - uniform()) / step)];
  while (at < count) {
    happened++;
    at += 1 + Math.floor(Math.log(1 - uniform()) / step);
  }
  return happened;
}

const Z = 1.96;

/** A share with its 95 % interval (Wilson). */
export interface Estimate {
  share: number;
  low: number;
  high: number;
}

/**
 * Estimates a share. `trials` may be fewer than what the share was counted over, where those were not independent.
 *
 * @param share 0 to 1
 */
export function estimate(share: number, trials: number): Estimate {
  if (trials === 0) return { share: Number.NaN, low: 0, high: 1 };
  const middle = (share + Z ** 2 / (2 * trials)) / (1 + Z ** 2 / trials);
  const half = (Z * Math.sqrt((share * (1 - share)) / trials + Z ** 2 / (4 * trials ** 2))) / (1 + Z ** 2 / trials);
  return { share, low: Math.max(0, middle - half), high: Math.min(1, middle + half) };
}

/** The value below which a share of all lies; those that never came are infinite. */
export function quantile(values: readonly number[], q: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))] ?? Number.NaN;
}
