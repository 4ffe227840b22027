import { randomBytes } from 'node:crypto';

/**
 * What every mark begins with: by it the things of killed runs are found and removed. A shop may well sell
 * smoke alarms, hence the long word.
 */
const PREFIX = 'TILLGATE-SMOKE-';

/** What is meant to stay begins with another word, so that no later run takes it back. */
const KEPT = 'TILLGATE-KEPT-';

/** A mark of one run, to which each flow adds its own part. */
export const newRun = (): string => randomBytes(4).toString('hex');

export const markOf = (run: string, flow: string, kept = false): string => `${kept ? KEPT : PREFIX}${run}-${flow}`;

/** Pattern of `=like` for everything that any run has marked. Neither marks nor pattern hold an underscore. */
export const ANY_MARK = `${PREFIX}%`;
