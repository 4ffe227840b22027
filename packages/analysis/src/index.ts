export { type Decision, decide, type Fault, type Floor } from './decide.ts';
export { dispersion } from './evidence/dispersion.ts';
export { logMeanExp, TIMES_WORSE } from './evidence/mixture.ts';
export { addLimit, sharesAbove, sharesBelow } from './evidence/one-sample.ts';
export { addComparison, type Count } from './evidence/two-sample.ts';
export { bandWidth } from './evidence/uniform-band.ts';
export { faultOf, SERIES_LIMIT } from './fold/faults.ts';
export { type Folded, foldSeries, type Read } from './fold/fold-series.ts';
export type { Exclusion } from './fold/increase.ts';
export type { Match, Reading, VersionsQuery } from './fold/reading.ts';
export type { Series } from './fold/series.ts';
export type { WarmUp } from './fold/warm-up.ts';
export { closedUntil, TIMING, type Timing } from './fold/windows.ts';
export { type AnalysisPlan, alphaOf, checkPlan, type Metric, PlanError, type Test } from './plan.ts';
export {
  type Analysis,
  type AnalysisSettings,
  analysisOf,
  analysisOfPast,
  type MetricSetting,
  type VersionsSetting,
  type Words,
} from './settings.ts';
export { type AnalysisState, beginAnalysis, type MetricState, type Tally } from './state.ts';
export { type CountWindow, failEvidence, fold, passEvidence, type Stratum } from './step.ts';
