export { type Baseline, baselineText, parseBaseline } from './baseline.ts';
export { worstEnding } from './endings.ts';
export { junitOf } from './junit.ts';
export { type Comparison, median, type Times } from './latency.ts';
export { smokeRules } from './rules/index.ts';
export { isWhole, type ShopSeen, type SmokeSeen, type TrendPoint } from './seen.ts';
