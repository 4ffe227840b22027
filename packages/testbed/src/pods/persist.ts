import { setTimeout as sleep } from 'node:timers/promises';
import { ApiError } from '../cluster/api.ts';

const PAUSE_MS = 500;

/**
 * Repeats a change of the API until it is made, or until it is void: the object is gone (404) or is
 * another one by now (409). An API server that is away is waited for.
 */
export async function persist(change: () => Promise<unknown>, over?: AbortSignal): Promise<void> {
  while (!over?.aborted) {
    try {
      await change();
      return;
    } catch (cause) {
      if (cause instanceof ApiError && [404, 409].includes(cause.status)) return;
      console.error(`tried again: ${(cause as Error).message}`);
    }
    await sleep(PAUSE_MS, undefined, over && { signal: over }).catch(() => {});
  }
}
