/** A source of the present time. */
export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number;
  /** What the time is read from, for evidence. */
  readonly source: string;
}

/** The machine's own clock. */
export const systemClock: Clock = { now: () => Date.now(), source: 'system' };

/** A clock that stands still, for tests and for judging as of a given time. */
export function clockAt(millis: number, source = 'given'): Clock {
  return { now: () => millis, source };
}
