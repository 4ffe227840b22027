import type { FlowResult } from './flow.ts';
import type { Comparison } from './latency.ts';
import type { Plan } from './plan.ts';

/** Everything the gate has seen; the rules judge this and nothing else. */
export interface SmokeSeen {
  /** Nothing was run: only told what would be. */
  dry: boolean;
  /** The class asks that times are compared with a baseline. */
  mustCompare: boolean;
  /** In the order in which they were asked for. */
  tenants: ShopSeen[];
  /** How long all steps took together in earlier runs and in this one, the newest last. */
  trend: TrendPoint[];
}

/** What was seen in the database of one tenant. */
export interface ShopSeen {
  /** The unit's name in findings and coverage. */
  tenant: string;
  /** Absent where it was not reached. */
  shop?: { version: string; company: string; warehouse?: string; isNeutralized: boolean; live: string[] };
  /** Why nothing, or not everything, could be seen in it. */
  trouble?: string;
  planned: { flow: string; title: string; writes: string[] }[];
  left: Plan['left'];
  /** What was made was to stay. */
  kept: boolean;
  /** One a flow and repeat, in the order in which they ended. */
  results: FlowResult[];
  /** What killed runs had left behind and this one took back. */
  inherited: { stays: string[]; leftovers: string[] };
  latency: Comparison[];
  /** Milliseconds of each step of flows that passed, by `<flow>: <step>`, one a repeat. */
  times: Record<string, number[]>;
}

/** One run in the trend: the sum of the medians of all steps, in milliseconds. */
export interface TrendPoint {
  at: string;
  ms: number;
}

/** Whether everything that was planned in a shop was also gone through. */
export function isWhole({ trouble, planned, results }: ShopSeen): boolean {
  const ran = new Set(results.map(({ flow }) => flow));
  return trouble === undefined && planned.length > 0 && planned.every(({ flow }) => ran.has(flow));
}
