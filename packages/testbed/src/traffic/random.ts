import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';

/** A stream of random numbers, uniform in [0, 1). */
export type Uniform = () => number;

/**
 * Endless independent streams that all follow from one seed. Each starts 2^64 numbers behind the one
 * before, so that drawing more from one never shifts another.
 *
 * @param seed an integer from 0 to 2^32 - 1
 * @throws RangeError for any other: two seeds that differ only beyond that would be the same
 */
export function* streams(seed: number): Generator<Uniform, never> {
  if (seed !== seed >>> 0) throw new RangeError(`A seed is an integer from 0 to 2^32 - 1, not ${seed}.`);
  const source = xoroshiro128plus(seed);
  for (;;) {
    const own = source.clone();
    yield () => uniformFloat64(own);
    source.jump();
  }
}

/** Draws indices in proportion to the weights. */
export function weighted(weights: readonly number[], uniform: Uniform): () => number {
  let total = 0;
  const upTo = weights.map((weight) => {
    if (!(weight >= 0)) throw new RangeError(`A weight is a number of at least 0, not ${weight}.`);
    total += weight;
    return total;
  });
  if (!(total > 0)) throw new RangeError('At least one weight must be above 0.');
  return () => {
    const drawn = uniform() * total;
    return upTo.findIndex((bound) => drawn < bound);
  };
}
