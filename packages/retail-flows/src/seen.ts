import type { FlowResult } from './flow.ts';
import type { Comparison } from './latency.ts';
import type { Plan } from './plan.ts';

/** Everything the gate has seen; the rules judge this and nothing else. */
export interface SmokeSeen {
  shop: { version: string; company: string; warehouse?: string; isNeutralized: boolean; live: string[] };
  /** Nothing was run: only told what would be. */
  dry: boolean;
  planned: { flow: string; title: string; writes: string[] }[];
  left: Plan['left'];
  /** One a flow and repeat, in the order in which they ran. */
  results: FlowResult[];
  /** What killed runs had left behind and this one took back. */
  inherited: { stays: string[]; leftovers: string[] };
  latency: Comparison[];
  times: Record<string, number[]>;
}
