import { Unavailable } from '../ports.ts';
import type { VirtualTime } from './time.test-kit.ts';

export interface Chaos {
  /** Share of calls that fail: half of them before anything was done, half with the answer lost. */
  failing?: number;
  /** The process dies with this call, counted from 0: before it is done, or after. */
  dies?: { call: number; done: boolean };
  /** Spans of virtual time in which nothing can be reached. */
  away?: readonly { from: number; to: number }[];
  /** In [0, 1), from a seed. */
  random?: () => number;
}

/**
 * A process that talks to the world: every call takes time, may fail, and may be its last. A dead process does
 * nothing any more, not even clean up: what it waited for never comes.
 */
export class Process {
  readonly time: VirtualTime;
  readonly #chaos: Chaos;
  readonly #died = new AbortController();
  calls = 0;

  constructor(time: VirtualTime, chaos: Chaos = {}) {
    [this.time, this.#chaos] = [time, chaos];
  }

  get dead(): boolean {
    return this.#died.signal.aborted;
  }

  /** Settles when the process dies. */
  readonly died: Promise<'died'> = new Promise((resolve) => {
    this.#died.signal.addEventListener('abort', () => resolve('died'));
  });

  async call<T>(what: () => T): Promise<T> {
    if (this.dead) return never();
    const { failing = 0, dies, away = [], random = Math.random } = this.#chaos;
    const call = this.calls++;
    await this.time.sleep(20);
    if (this.dead) return never();
    if (dies?.call === call && !dies.done) return this.#die();
    const gone = away.some(({ from, to }) => this.time.now >= from && this.time.now < to);
    const fate = gone ? 0 : random();
    if (gone || fate < failing / 2) throw new Unavailable('The API server did not answer in time.');
    const value = what();
    if (dies?.call === call) return this.#die();
    if (fate < failing) throw new Unavailable('The connection was reset after the request was sent.');
    return value;
  }

  async wait(ms: number, signal?: AbortSignal): Promise<void> {
    await this.time.sleep(ms, signal);
    if (this.dead) return never();
  }

  #die(): Promise<never> {
    this.#died.abort();
    return never();
  }
}

const never = <T>() => new Promise<T>(() => undefined);
