/** A clock may be this far behind another one before what the other dates counts as coming from the future. */
const CLOCK_SKEW_MS = 5 * 60_000;

/**
 * Whether something claims to be of a time that has not come. Such a thing would never grow old: what is taken for
 * a time only is refused instead.
 *
 * @param at milliseconds since the epoch, as it says; `now` likewise
 */
export function isFromTheFuture(at: number, now: number): boolean {
  return at > now + CLOCK_SKEW_MS;
}
