import { digestOfValue, type Sha256 } from '@tillgate/release';
import type { Plan, SafeState } from './plan.ts';
import type { Target } from './ports.ts';
import type { Before, Escape, Status } from './status.ts';

/** What a delivery begins with besides its plan. */
export interface Beginning {
  /** Digest of the signed record. */
  record: Sha256;
  before: Before;
  /** What the watchdog applies in each safe state of the plan: see `escapeOf`. */
  escape: Escape;
  onInconclusive: Status['onInconclusive'];
  /** ms by the API server's clock. */
  at: number;
  /** 1, or one more than that of the delivery before, so that no old holder is taken for a new one. */
  epoch: number;
}

/** The status before the first act: nothing has been touched. */
export function begin(plan: Plan, { at, ...beginning }: Beginning): Status {
  return {
    schema: 1,
    plan: digestOfValue(plan),
    ...beginning,
    startedAt: at,
    deadline: at + plan.deadlineMs,
    lanes: {},
    evidence: {},
    safe: 'stable',
    heard: [],
    history: [],
  };
}

/** What the watchdog would do in each safe state that the plan has. */
export function escapeOf(plan: Plan, target: Pick<Target, 'escape'>, before: Before): Escape {
  const states: SafeState[] = ['hold', ...(Object.keys(plan.ways) as SafeState[])];
  return Object.fromEntries(states.map((safe) => [safe, target.escape(safe, before)]));
}
