import type { Plan } from '@tillgate/delivery';
import type { Sha256 } from '@tillgate/release';
import type { Calls } from './counting-writer.ts';

/** What a driver is told. */
export interface Task {
  kubeconfig: string;
  prometheus: string;
  plan: Plan;
  record: Sha256;
  /** Share of calls that fail: half of them before anything was done, half with the answer lost. */
  failing: number;
  /** How long it waits between two looks at most, ms: more is then done in which it can be killed. Null: as in life. */
  mostWait: number | null;
}

/** What a driver had cost until a moment. */
export interface Spent {
  /** ms since it began. */
  at: number;
  /** Requests to the API server. */
  requests: number;
  calls: Calls;
}

/** What it tells: that it begins, that it has looked, each step with what it had cost until then, and how it ended. */
export type Told =
  | { driving: true }
  | { looked: true }
  | { began: string; spent: Spent }
  | {
      ended: string;
      /** The word for what turned it; '' where nothing did. */
      by: string;
      because: string;
      spent: Spent;
      /** Requests between two looks, in the middle of all looks. */
      perLook: number;
      memoryMib: number;
      heapMib: number;
    };

/** All steps at which a driver can be killed. */
export const PLACES = ['before the first', 'prepare', '25 %', '50 %', 'promote', 'settle', 'watch', 'back'] as const;
