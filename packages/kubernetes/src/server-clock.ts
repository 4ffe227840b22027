/**
 * The API server's clock, learnt from the `Date` of its answers. A `Date` tells whole seconds only, but each answer
 * also bounds the difference to our own clock: the server wrote it after we asked and before we had it, within
 * the second that it names. The bounds of all answers together narrow to far less than a second.
 */
export class ServerClock {
  /** What the server's clock is ahead of ours, ms: at least and at most. */
  #least = Number.NEGATIVE_INFINITY;
  #most = Number.POSITIVE_INFINITY;

  /** @param asked, @param answered our monotonic times, ms; @param date the header */
  learn(date: string | undefined, asked: number, answered: number): void {
    const second = Date.parse(date ?? '');
    if (Number.isNaN(second)) return;
    const [least, most] = [second - answered, second + 1000 - asked];
    if (least > this.#most || most < this.#least) {
      // One of the clocks was set: what was learnt before is no longer true.
      [this.#least, this.#most] = [least, most];
    } else {
      this.#least = Math.max(this.#least, least);
      this.#most = Math.min(this.#most, most);
    }
  }

  /** The server's time in ms since the epoch, for a moment of our monotonic clock; undefined before any answer. */
  at(moment: number): number | undefined {
    return Number.isFinite(this.#least) ? Math.round(moment + (this.#least + this.#most) / 2) : undefined;
  }
}
