import { setTimeout as sleep } from 'node:timers/promises';
import type { RunProcess } from './run-process.ts';

/**
 * Waits until a process that has been started is ready, asking often at first and then every 50 ms. An
 * error of the question counts as "not yet".
 *
 * @throws Error with the end of its log if it ends instead, or is not ready after `timeoutMs`
 */
export async function ready(
  process: RunProcess,
  isReady: () => Promise<boolean> | boolean,
  timeoutMs = 120_000,
): Promise<void> {
  const deadline = Date.now() + timeoutMs;
  let last: unknown;
  for (let millis = 2; ; millis = Math.min(millis * 1.5, 50)) {
    if (!process.running()) {
      throw new Error(`${process.name} ended with ${await process.ended} while starting: ${await process.tail(30)}`);
    }
    try {
      if (await isReady()) return;
    } catch (cause) {
      last = cause;
    }
    if (Date.now() > deadline) {
      const log = await process.tail();
      throw new Error(`${process.name} was not ready after ${timeoutMs / 1000} s: ${log}`, { cause: last });
    }
    await sleep(millis);
  }
}
