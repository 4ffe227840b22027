import { randomBytes } from 'node:crypto';

/**
 * What every mark begins with: by it the things of killed runs are found and removed. A shop may well sell
 * smoke alarms, hence the long word.
 */
const PREFIX = 'TILLGATE-SMOKE-';

/** A mark of one run, to which each flow adds its own part. */
export const newRun = (): string => randomBytes(4).toString('hex');

export const markOf = (run: string, flow: string): string => `${PREFIX}${run}-${flow}`;

/** Pattern of `=like` for everything that any run has marked. Neither marks nor pattern hold an underscore. */
export const ANY_MARK = `${PREFIX}%`;
