export { type Ending, endings } from './endings.ts';
export type { Check, Flow, FlowResult, FlowStatus, StepTime, Visit } from './flow.ts';
export { junitOf } from './junit.ts';
export { type Baseline, baselineText, type Comparison, median, parseBaseline } from './latency.ts';
export { type Plan, planFor, type Wishes } from './plan.ts';
export { smokeRules } from './rules/index.ts';
export type { SmokeSeen } from './seen.ts';
export type { Shop } from './shop.ts';
