/** Raised when a window, feed or calendar file cannot be understood; the message names it and says what to write. */
export class CalendarError extends Error {
  override readonly name = 'CalendarError';
}
