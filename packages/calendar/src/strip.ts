import { MINUTE } from './wall.ts';
import type { Interval } from './zones/interval.ts';

/**
 * A stretch of time as a strip of minutes. Covering any number of intervals costs one step each, and reading
 * the strip one step a minute, however they overlap: nothing has to be sorted.
 */
export class Strip {
  /** The full minute at or before the beginning, in milliseconds since the epoch. */
  readonly from: number;
  readonly minutes: number;
  /** How many more intervals begin than end at each minute. */
  private readonly steps: Int32Array;

  constructor(from: number, to: number) {
    this.from = Math.floor(from / MINUTE) * MINUTE;
    this.minutes = Math.ceil((to - this.from) / MINUTE);
    this.steps = new Int32Array(this.minutes + 1);
  }

  /** Uncovers everything: a strip of a year is large, and is better used again than made again. */
  clear(): void {
    this.steps.fill(0);
  }

  /** Covers every minute that the interval touches. */
  coverTouched(start: number, end: number): void {
    this.cover(Math.floor((start - this.from) / MINUTE), Math.ceil((end - this.from) / MINUTE));
  }

  /** Covers every minute that lies in the interval as a whole. */
  coverWhole(start: number, end: number): void {
    this.cover(Math.ceil((start - this.from) / MINUTE), Math.floor((end - this.from) / MINUTE));
  }

  private cover(first: number, end: number): void {
    const begin = Math.max(first, 0);
    const stop = Math.min(end, this.minutes);
    if (begin >= stop) return;
    (this.steps[begin] as number)++;
    (this.steps[stop] as number)--;
  }

  /** The covered stretches, in order and apart from each other. */
  covered(): Interval[] {
    const { steps, from, minutes } = this;
    const runs: Interval[] = [];
    let depth = 0;
    let start = 0;
    for (let minute = 0; minute <= minutes; minute++) {
      const step = steps[minute] as number;
      if (step === 0) continue;
      if (depth === 0) start = minute;
      depth += step; // every begin has its end in the strip, at the latest at its last mark
      if (depth === 0) runs.push({ start: from + start * MINUTE, end: from + minute * MINUTE });
    }
    return runs;
  }

  /** The stretches between the covered ones. */
  uncovered(): Interval[] {
    const gaps: Interval[] = [];
    let edge = this.from;
    for (const { start, end } of this.covered()) {
      if (start > edge) gaps.push({ start: edge, end: start });
      edge = end;
    }
    const end = this.from + this.minutes * MINUTE;
    if (edge < end) gaps.push({ start: edge, end });
    return gaps;
  }
}
