import type { Log } from '@tillgate/host';
import { digestOfValue } from '@tillgate/release';
import type { Plan } from '../plan.ts';
import { type Store, Superseded, Unavailable, Unreadable, type Versioned } from '../ports.ts';
import { requireOfPlan } from '../schema/status.ts';
import type { Command } from '../seen.ts';
import type { Status } from '../status.ts';

/**
 * The status as this driver knows it, with the version under which it may write. While the epoch is ours nobody else
 * writes it: whatever else stands there was written by a hand, and is written over.
 */
export class Hold {
  readonly #store: Store;
  readonly #log: Log;
  readonly #epoch: number;
  #held: Versioned;
  /** Committed, but the answer was lost: it may or may not stand there. */
  #tried: Status | undefined;
  #edited = false;

  /** @throws Refused a status that is not of this plan */
  constructor(store: Store, plan: Plan, held: Versioned, log: Log) {
    requireOfPlan(plan, held.status);
    [this.#store, this.#held, this.#log, this.#epoch] = [store, held, log, held.status.epoch];
  }

  get status(): Status {
    return this.#held.status;
  }

  /** Reads the time, what people say, and whether the status is still ours. @throws Superseded, Unavailable, Refused */
  async load(): Promise<{ at: number; commands: readonly Command[] }> {
    const loaded = await this.#store.load().catch((cause: unknown) => {
      if (cause instanceof Unreadable) return cause;
      throw cause;
    });
    if (loaded instanceof Unreadable) {
      this.#requireOurs(loaded.epoch);
      this.#log.warn(`${loaded.message} What stood there is put back.`);
      this.#held = { status: this.#tried ?? this.status, version: loaded.version };
      this.#tried = undefined;
      this.#edited = true;
      return { at: loaded.at, commands: [] };
    }
    const { at, found, commands } = loaded;
    if (!found) {
      this.#log.warn('The state of the delivery was deleted while it was driven; it is written again.');
      this.#held = await this.#store.create(this.#tried ?? this.status);
      return { at, commands };
    }
    const { status, version } = found;
    this.#requireOurs(status.epoch);
    if (this.#tried && same(status, this.#tried)) this.#held = { status: this.#tried, version };
    else {
      this.#edited = !same(status, this.status);
      if (this.#edited) this.#log.warn('The state of the delivery was edited by hand; what stood there is put back.');
      this.#held = { status: this.status, version };
    }
    this.#tried = undefined;
    return { at, commands };
  }

  #requireOurs(epoch: number): void {
    if (epoch <= this.#epoch) return;
    throw new Superseded(`Epoch ${epoch} was taken; this driver held ${this.#epoch} and has stopped.`);
  }

  /**
   * Writes what is to be, before any of it is done. @throws Superseded, Refused; Unavailable also where something beside
   * the status has changed since it was read, so that one has to look again
   */
  async commit(status: Status): Promise<void> {
    if (!this.#edited && same(status, this.status)) return;
    this.#tried = status;
    try {
      this.#held = await this.#store.commit({ status, version: this.#held.version });
    } catch (cause) {
      if (!(cause instanceof Superseded)) throw cause;
      await this.load();
      throw new Unavailable('The state object changed while it was written: looking again.', { cause });
    }
    this.#tried = undefined;
    this.#edited = false;
  }
}

/** By value: what was stored comes back with its members in another order. */
const same = (one: Status, other: Status) => one === other || digestOfValue(one) === digestOfValue(other);
