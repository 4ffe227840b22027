import type { Plan } from '@tillgate/delivery';
import type { Sha256 } from '@tillgate/release';

/** What a driver is told. */
export interface Task {
  kubeconfig: string;
  prometheus: string;
  plan: Plan;
  record: Sha256;
  /** Share of calls that fail: half of them before anything was done, half with the answer lost. */
  failing: number;
}

/** What it tells: that it begins, each step with the requests until then, and how it ended. */
export type Told =
  | { driving: true }
  | { began: string; requests: number }
  | { ended: string; because: string; requests: number; memoryMib: number };
