/** Where progress and warnings go. Domains and clients get one handed in; they never print by themselves. */
export interface Log {
  debug(message: string): void;
  info(message: string): void;
  warn(message: string): void;
}

/** A log that says nothing. */
export const silentLog: Log = { debug() {}, info() {}, warn() {} };
