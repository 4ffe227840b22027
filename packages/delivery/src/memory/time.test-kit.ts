/** Raised where a test waits for something that nothing will bring about. */
class Stuck extends Error {
  override readonly name = 'Stuck';
}

interface Timer {
  at: number;
  fire: () => void;
}

/** A clock that jumps to the next thing that is waited for, so that hours pass in milliseconds and always alike. */
export class VirtualTime {
  now: number;
  #timers: Timer[] = [];
  readonly #passing: ((from: number, to: number) => void)[] = [];

  constructor(now = 1_000_000_020_000) {
    this.now = now;
  }

  /** Told of every span of time before anything that waited for its end goes on. */
  onPassing(told: (from: number, to: number) => void): void {
    this.#passing.push(told);
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    if (signal?.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      const timer: Timer = { at: this.now + Math.max(0, ms), fire: resolve };
      this.#timers.push(timer);
      signal?.addEventListener(
        'abort',
        () => {
          this.#timers = this.#timers.filter((each) => each !== timer);
          resolve();
        },
        { once: true },
      );
    });
  }

  /** Lets time pass until something has settled. @throws Stuck when nothing is waited for, or it takes for ever */
  async until<T>(settled: Promise<T>, longest = 48 * 3_600_000): Promise<T> {
    let done = false;
    const watched = settled.finally(() => {
      done = true;
    });
    watched.catch(() => undefined); // it is awaited below
    const end = this.now + longest;
    for (;;) {
      await new Promise((resolve) => setImmediate(resolve));
      if (done) return watched;
      if (this.#timers.length === 0) throw new Stuck('Nothing is waited for, and still it has not come to an end.');
      if (this.now > end) throw new Stuck(`It did not come to an end within ${longest} ms.`);
      this.#step();
    }
  }

  /** Lets so much time pass. */
  async pass(ms: number): Promise<void> {
    await this.until(this.sleep(ms));
  }

  #step(): void {
    const next = this.#timers.reduce((first, timer) => (timer.at < first.at ? timer : first));
    if (next.at > this.now) {
      const from = this.now;
      this.now = next.at;
      for (const told of this.#passing) told(from, next.at);
    }
    this.#timers = this.#timers.filter((each) => each !== next);
    next.fire();
  }
}
