export { type Baseline, baselineText, MOST_REPEATS, parseBaseline, trendWith } from './baseline.ts';
export { type Ending, endings, reasonsOf, worstEnding } from './endings.ts';
export type { Aftermath, Check, Flow, FlowResult, FlowStatus, Marked, StepTime, Visit } from './flow.ts';
export { junitOf } from './junit.ts';
export { type Comparison, median, type Times } from './latency.ts';
export { type Plan, planFor, type Wishes } from './plan.ts';
export { smokeRules } from './rules/index.ts';
export { isWhole, type ShopSeen, type SmokeSeen, type TrendPoint } from './seen.ts';
export type { Shop } from './shop.ts';
