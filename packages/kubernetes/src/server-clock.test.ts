import { describe, expect, it } from '@jest/globals';
import { ServerClock } from './server-clock.ts';

/** A server whose clock is ahead of ours by `ahead` ms, asked every 137 ms with answers that take 20 ms. */
function asked(clock: ServerClock, ahead: number, from: number, times: number): number {
  let now = from;
  for (let i = 0; i < times; i++, now += 137) {
    const written = now + 10 + ahead;
    clock.learn(new Date(Math.floor(written / 1000) * 1000).toUTCString(), now, now + 20);
  }
  return now;
}

describe('the clock of the server', () => {
  it('is not known before an answer, nor by one without a date', () => {
    const clock = new ServerClock();
    expect(clock.at(0)).toBeUndefined();
    clock.learn(undefined, 0, 1);
    clock.learn('soon', 0, 1);
    expect(clock.at(0)).toBeUndefined();
  });

  it('is known within a second by one answer, and far better by many', () => {
    const clock = new ServerClock();
    const ahead = 1_795_000_000_123;
    asked(clock, ahead, 5_000, 1);
    expect(Math.abs((clock.at(5_000) as number) - (5_000 + ahead))).toBeLessThanOrEqual(520);
    const now = asked(clock, ahead, 5_137, 40);
    expect(Math.abs((clock.at(now) as number) - (now + ahead))).toBeLessThan(100);
  });

  it('is learnt again where one of the clocks was set', () => {
    const clock = new ServerClock();
    const now = asked(clock, 1_000_000_000_000, 0, 20);
    const later = asked(clock, 1_000_003_600_000, now, 20);
    expect(Math.abs((clock.at(later) as number) - (later + 1_000_003_600_000))).toBeLessThan(200);
  });
});
