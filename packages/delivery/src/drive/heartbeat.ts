import type { Log } from '@tillgate/host';
import { type Store, Superseded, Unavailable } from '../ports.ts';
import type { Pace } from './pace.ts';

/** A third of the Lease: two may be lost before it runs out. */
const EVERY = 5_000;

export interface Heartbeat {
  /** Aborted as soon as somebody else has taken over; the reason is what was thrown. */
  lost: AbortSignal;
  /** Ends it, and waits until nothing of it is under way any more. */
  stop(): Promise<void>;
}

/**
 * Tells, beside whatever else is done, that the holder of this epoch lives. When the API server is away there is nobody
 * to tell, and nobody else who could take over.
 */
export function startHeartbeat(store: Store, epoch: number, pace: Pace, log: Log): Heartbeat {
  const [stopping, losing] = [new AbortController(), new AbortController()];
  const beat = async () => {
    while (!stopping.signal.aborted) {
      await pace.wait(EVERY, stopping.signal);
      if (stopping.signal.aborted) return;
      try {
        await store.renew(epoch);
      } catch (cause) {
        if (!(cause instanceof Unavailable)) return losing.abort(cause);
        log.debug(`The Lease could not be renewed: ${cause.message}`);
      }
    }
  };
  const beating = beat();
  return {
    lost: losing.signal,
    async stop() {
      stopping.abort();
      await beating;
    },
  };
}

/** Raises what ended a heartbeat, if something did. @throws Superseded, or whatever else came */
export function requireAlive({ lost }: Heartbeat): void {
  if (!lost.aborted) return;
  throw lost.reason instanceof Error ? lost.reason : new Superseded(String(lost.reason));
}
