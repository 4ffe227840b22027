import type { Uniform } from './random.ts';

/** How many requests arrive a second, and how that changes. Seconds count from the start of the load. */
export type Arrivals =
  | { pattern: 'constant'; perSecond: number }
  /** A day's wave: a cosine around the mean, `swing` (0 to 1) of it up and down. */
  | { pattern: 'diurnal'; meanPerSecond: number; swing: number; periodSeconds: number; peakAtSeconds: number }
  /** A sale opens: a steep straight ramp, a plateau, then what is above the base halves every half-life. */
  | {
      pattern: 'flash-sale';
      basePerSecond: number;
      peakPerSecond: number;
      startsAtSeconds: number;
      rampSeconds: number;
      holdSeconds: number;
      halfLifeSeconds: number;
    };

/** A rate over time, in arrivals a second. */
export interface Rate {
  at(seconds: number): number;
  /** No value of `at` is above this. */
  readonly highest: number;
}

/** The rate that a pattern describes. @throws RangeError where a figure makes no sense */
export function rateOf(arrivals: Arrivals): Rate {
  for (const [name, figure] of Object.entries(arrivals)) {
    if (name !== 'pattern' && !(Number.isFinite(figure) && (figure as number) >= 0)) {
      throw new RangeError(`Arrivals: ${name} must be a finite number of at least 0, not ${figure}.`);
    }
  }
  const rate = rates[arrivals.pattern](arrivals as never);
  if (rate.highest <= 0) throw new RangeError('Arrivals: a rate that is always 0 never sends anything.');
  return rate;
}

type Of<P extends Arrivals['pattern']> = Extract<Arrivals, { pattern: P }>;

const rates: { [P in Arrivals['pattern']]: (arrivals: Of<P>) => Rate } = {
  constant: ({ perSecond }) => ({ at: () => perSecond, highest: perSecond }),

  diurnal({ meanPerSecond, swing, periodSeconds, peakAtSeconds }) {
    if (swing > 1) throw new RangeError(`Arrivals: a swing of ${swing} would make the rate negative; at most 1.`);
    if (periodSeconds === 0) throw new RangeError('Arrivals: a day (periodSeconds) has some length.');
    return {
      at: (seconds) =>
        meanPerSecond * (1 + swing * Math.cos((2 * Math.PI * (seconds - peakAtSeconds)) / periodSeconds)),
      highest: meanPerSecond * (1 + swing),
    };
  },

  'flash-sale'({ basePerSecond, peakPerSecond, startsAtSeconds, rampSeconds, holdSeconds, halfLifeSeconds }) {
    if (peakPerSecond < basePerSecond) throw new RangeError('Arrivals: the peak of a sale is not below its base.');
    const above = peakPerSecond - basePerSecond;
    const share = (since: number) => {
      if (since < 0) return 0;
      if (since < rampSeconds) return since / rampSeconds;
      const fading = since - rampSeconds - holdSeconds;
      if (fading <= 0) return 1;
      return halfLifeSeconds === 0 ? 0 : 2 ** (-fading / halfLifeSeconds);
    };
    return { at: (seconds) => basePerSecond + above * share(seconds - startsAtSeconds), highest: peakPerSecond };
  },
};

/**
 * The times at which requests arrive, in seconds from the start, endless and rising: a Poisson process
 * whose rate follows the pattern. Nobody waits for an answer before the next one arrives (an open loop).
 *
 * By thinning (Lewis & Shedler 1979): candidates arrive at the highest rate, and each one is kept with
 * probability rate / highest.
 */
export function* arrivalTimes(arrivals: Arrivals, uniform: Uniform): Generator<number, never> {
  const { at, highest } = rateOf(arrivals);
  let seconds = 0;
  for (;;) {
    seconds -= Math.log1p(-uniform()) / highest;
    if (uniform() * highest < at(seconds)) yield seconds;
  }
}
