/** Numbers that follow from a seed. */
export interface Draws {
  uniform(): number;
  /** How many of `count` independent ones happen, each with the same chance. Exact, by inversion. */
  binomial(count: number, chance: number): number;
  poisson(mean: number): number;
  normal(): number;
  /** 1, 2, 3, ... with this mean. */
  geometric(mean: number): number;
  between(low: number, high: number): number;
}

export function drawsOf(seed: number): Draws {
  const uniform = uniformOf(seed);
  return {
    uniform,
    binomial(count, chance) {
      let [at, left, happened] = [(1 - chance) ** count, uniform(), 0];
      while (left > at && happened < count) {
        left -= at;
        at *= ((count - happened) / (happened + 1)) * (chance / (1 - chance));
        happened++;
      }
      return happened;
    },
    poisson(mean) {
      let [at, left, happened] = [Math.exp(-mean), uniform(), 0];
      while (left > at && at > 0) {
        left -= at;
        happened++;
        at *= mean / happened;
      }
      return happened;
    },
    normal: () => Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform()),
    geometric: (mean) => 1 + Math.floor(Math.log(1 - uniform()) / Math.log(1 - 1 / mean)),
    between: (low, high) => low + Math.floor(uniform() * (high - low + 1)),
  };
}

/**
 * Uniform in [0, 1), by the generator known as mulberry32: some 10 million a second, where a
 * generator of longer period would make the tests take minutes.
 */
export function uniformOf(seed: number): () => number {
  let state = Math.imul(seed, 0x9e3779b1);
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
