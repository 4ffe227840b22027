import { setTimeout as sleep } from 'node:timers/promises';

/** How time passes for a driver, and what makes two of them differ. */
export interface Pace {
  /** Waits; ends early, without an error, when the signal says so. */
  wait(ms: number, signal?: AbortSignal): Promise<void>;
  /** ms, by a clock that only goes forward. */
  now(): number;
  /** In [0, 1). */
  random(): number;
}

export const realPace: Pace = {
  wait: (ms, signal) =>
    sleep(Math.max(0, ms), undefined, signal ? { signal } : {}).catch((cause: unknown) => {
      if (!signal?.aborted) throw cause;
    }),
  now: () => performance.now(),
  random: Math.random,
};

const [FIRST, LONGEST] = [250, 10_000];

/**
 * How long is waited before the same is tried again, after so many failures: twice as long each time, up to 10 s, and
 * anywhere between half of it and all, so that those who failed together do not come again together.
 */
export function backOff(failures: number, { random }: Pick<Pace, 'random'>): number {
  return Math.min(LONGEST, FIRST * 2 ** Math.min(failures - 1, 10)) * (0.5 + random() / 2);
}
