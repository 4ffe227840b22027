import type { Step } from '../plan.ts';

/** The only lane of a delivery that does not part tenants. */
export const LANE = 'all';

/** All of the traffic, in hundredths of a percent. */
export const ALL = 10_000;

/** How long steps may take together, in ms: the deadline where nobody set a shorter one. */
export const longest = (steps: readonly Step[]) => steps.reduce((sum, { maxMs }) => sum + maxMs, 0);
