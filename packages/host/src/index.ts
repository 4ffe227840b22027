export type { Clock } from './clock.ts';
export { clockAt, systemClock } from './clock.ts';
export { FileError, readBounded, writeWhole } from './files.ts';
export { AnswerTooLarge, type Asking, opened, wholeOf } from './http.ts';
export type { Log } from './log.ts';
export { silentLog } from './log.ts';
export type { Ended, Programs, RunOptions } from './programs.ts';
export { ProgramError, systemPrograms } from './programs.ts';
