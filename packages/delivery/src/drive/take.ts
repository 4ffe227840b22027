import type { Log } from '@tillgate/host';
import { instantOf } from '@tillgate/release';
import type { Plan } from '../plan.ts';
import { type Fence, Refused, type Store, Superseded, type Target, Unavailable, type Versioned } from '../ports.ts';
import { requireOfPlan } from '../schema/status.ts';
import { backOff, type Pace } from './pace.ts';

/** A delivery that is ours, for as long as nobody takes a higher epoch. */
export interface Taken {
  fence: Fence;
  held: Versioned;
}

export interface Taking {
  plan: Plan;
  store: Store;
  target: Target;
  pace: Pace;
  log: Log;
  signal: AbortSignal;
  /** Takes it even from somebody who lives: for the way back only. */
  force: boolean;
}

/** Longer than a Lease lasts that nobody renews. */
const PATIENCE = 20_000;

/**
 * Takes a delivery over under the next epoch. The former holder, should he live, can write nothing any more from the
 * moment at which the objects bear our epoch.
 *
 * @throws Refused where somebody who lives holds it, or where there is nothing to take
 * @throws Unavailable where it was told to stop before the world answered
 */
export async function take(taking: Taking): Promise<Taken> {
  const { pace, signal, log } = taking;
  let failures = 0;
  let since: number | undefined;
  for (;;) {
    try {
      const { at, ...got } = await attempt(taking);
      failures = 0;
      if ('taken' in got) return got.taken;
      since ??= at;
      if (at - since > PATIENCE || signal.aborted) throw new Refused(got.because);
      log.info(`${got.because} Waiting for it.`);
      await pace.wait(Math.min(got.again, 5_000), signal);
    } catch (cause) {
      if (!(cause instanceof Unavailable) || signal.aborted) throw cause;
      failures++;
      log.debug(`Taking the delivery over failed, and is tried again: ${cause.message}`);
      await pace.wait(backOff(failures, pace), signal);
    }
  }
}

type Attempt = { at: number } & ({ taken: Taken } | { because: string; again: number });

async function attempt({ plan, store, target, force }: Taking): Promise<Attempt> {
  const { at, found } = await store.load();
  if (!found) throw new Refused('No delivery was begun here, so there is none to go on with.');
  requireOfPlan(plan, found.status);
  const holder = force ? undefined : await store.holder();
  if (holder && holder.until > at) {
    const because = `${holder.who} delivers here, and was alive until ${instantOf(holder.until)} at least.`;
    return { at, because, again: holder.until - at + 100 };
  }
  const status = { ...found.status, epoch: found.status.epoch + 1 };
  try {
    const held = await store.commit({ status, version: found.version });
    // Both at once, because on the way back clients wait for it: the Lease protects nothing, and the epoch is ours already.
    const [renewed, claimed] = await Promise.allSettled([store.renew(status.epoch), target.claim(status.epoch)]);
    if (renewed.status === 'rejected') throw renewed.reason;
    if (claimed.status === 'rejected') throw claimed.reason;
    return { at, taken: { fence: claimed.value, held } };
  } catch (cause) {
    if (!(cause instanceof Superseded)) throw cause;
    return { at, because: `Somebody else was faster: ${cause.message}`, again: 1_000 };
  }
}
