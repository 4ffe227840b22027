import type { Guest } from '@tillgate/odoo';
import type { Shop } from './shop.ts';

/** A business fact that was looked at: what it had to be, and what it was. */
export interface Check {
  fact: string;
  expected: string;
  seen: string;
}

/** One timed step of a flow. */
export interface StepTime {
  step: string;
  ms: number;
}

/** One flow at work in one shop. Building blocks in `steps/` take it as their first argument. */
export interface Visit {
  readonly shop: Shop;
  /** Stands in the name or reference of everything that the flow makes, so that it is found again. */
  readonly mark: string;
  /** Calls a method of Odoo with the shop's company in its context. @throws OdooError */
  call<T = unknown>(model: string, method: string, args?: CallArguments): Promise<T>;
  /** Somebody from the street enters the shop's public website, with cookies of their own. */
  guest(): Guest;
  /**
   * Makes what the flow only needs. What goes wrong here is another flow's to find: this one is `blocked`.
   */
  prepare<T>(what: string, work: () => Promise<T>): Promise<T>;
  /** Does a part of what the flow is about, and takes its time. What goes wrong here fails the flow. */
  step<T>(what: string, work: () => Promise<T>): Promise<T>;
  /** Looks at a business fact. A fact that does not hold fails the flow, which still goes on. */
  check(fact: string, expected: Comparable, seen: Comparable): void;
}

/** What taking back works with: no steps and no facts, for the flow is over. */
export type Aftermath = Pick<Visit, 'shop' | 'mark' | 'call'>;

/** Where the mark stands in records of one model, so that a sweep finds them, after a killed run too. */
export interface Marked {
  model: string;
  /** The field holds the mark, or begins with the mark and a blank. */
  field: string;
}

export type Comparable = string | number | boolean | null | readonly (string | number | boolean | null)[];
export type CallArguments = Readonly<Record<string, unknown>> & {
  ids?: readonly number[];
  context?: Readonly<Record<string, unknown>>;
};

/** A piece of business that a shop must be able to do. */
export interface Flow {
  /** Kebab-case, stable: baselines and reports know the flow by it. */
  name: string;
  title: string;
  /** Modules without which the shop does not do this business. */
  modules: readonly string[];
  /** First version of Odoo whose calls the flow knows, where older ones go about it in another way. */
  since?: number;
  /** What the flow leaves behind while it runs, for the plan; empty: it only reads. */
  writes: readonly string[];
  run(visit: Visit): Promise<void>;
  /** Models that the sweep does not know by itself; their marked records are deleted, or archived. */
  marked?: readonly Marked[];
  /** Takes back what no mark tells, once the flow is over, however it ended. The sweep comes after it. */
  cleanUp?(aftermath: Aftermath): Promise<void>;
}

/** How a flow ended. */
export type FlowStatus =
  /** All its facts hold. */
  | 'passed'
  /** A fact does not hold, or Odoo refused or broke in a step. */
  | 'failed'
  /** What it needs could not be made; another flow tells why. */
  | 'blocked'
  /** Odoo did not answer: nothing is known. */
  | 'unknown';

/** What is kept of a flow that ended. A run of many tenants keeps thousands of these: of facts that hold, the number. */
export interface FlowResult {
  flow: string;
  status: FlowStatus;
  /** How many facts were looked at. */
  facts: number;
  /** Those of them that do not hold. */
  wrong: Check[];
  /** All its steps together, in milliseconds. */
  ms: number;
  /** What went wrong, in which step. */
  trouble?: { step: string; message: string };
  /** What the flow made and accounting does not let go, with how it was neutralised. */
  stays: string[];
  /** What should be gone and could not be taken back. */
  leftovers: string[];
}

/** Declares a flow; it only lends the types. */
export function defineFlow(flow: Flow): Flow {
  return flow;
}
