import { setTimeout as sleep } from 'node:timers/promises';

/** For what comes at all: on a busy machine a second's work takes a minute. */
const PATIENCE_MS = 120_000;

/**
 * Waits until a condition holds, asking about every 50 ms. An error counts as "not yet".
 *
 * @throws Error naming what was waited for, with the last error as its cause
 */
export async function until<T>(
  what: string,
  holds: () => Promise<T> | T,
  timeoutMs = PATIENCE_MS,
): Promise<Exclude<T, false | undefined>> {
  const deadline = Date.now() + timeoutMs;
  let last: unknown;
  for (;;) {
    try {
      const value = await holds();
      if (value !== false && value !== undefined) return value as Exclude<T, false | undefined>;
    } catch (cause) {
      last = cause;
    }
    if (Date.now() > deadline) {
      throw new Error(`${what}: not within ${timeoutMs / 1000} s.`, { cause: last });
    }
    await sleep(50);
  }
}
