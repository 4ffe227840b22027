import type { Log } from '@tillgate/host';
import { Refused, type Store, Unavailable } from '../ports.ts';
import { backOff, type Pace } from './pace.ts';

/** Between two times of listening, in ms, at least: what is said meanwhile is told when the next begins. */
const BREATH = 1_000;

/** Hears, beside whatever else is done, what people say, so that nobody rests while they are waited for. */
export interface Ear {
  /** Aborted as soon as something is said from now on. */
  word(): AbortSignal;
  /** Ends it, and waits until nothing of it is under way any more. */
  stop(): Promise<void>;
}

/** Listens to a store. Where nobody may listen, words are found with the next look. */
export function startEar(store: Pick<Store, 'listen'>, pace: Pace, log: Log): Ear {
  const stopping = new AbortController();
  let said = new AbortController();
  let failures = 0;
  const told = () => {
    failures = 0;
    said.abort();
  };
  const listen = async () => {
    while (!stopping.signal.aborted) {
      try {
        await store.listen(told, stopping.signal);
      } catch (cause) {
        if (cause instanceof Refused) return log.info(`Words are found only with the next look: ${cause.message}`);
        if (!(cause instanceof Unavailable)) throw cause;
        failures++;
        log.debug(`Listening failed, and is begun again: ${cause.message}`);
      }
      await pace.wait(Math.max(BREATH, failures > 0 ? backOff(failures, pace) : 0), stopping.signal);
    }
  };
  const listening = listen();
  return {
    word() {
      if (said.signal.aborted) said = new AbortController();
      return said.signal;
    },
    async stop() {
      stopping.abort();
      await listening;
    },
  };
}
