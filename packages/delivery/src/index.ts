export { PlanError } from '@tillgate/analysis';
export {
  type Admission,
  type AdmissionAsked,
  admit,
  containerNamedIn,
  type EnvironmentSaid,
  type Objection,
  type StateSaid,
  type WorkloadSaid,
} from './admit.ts';
export { type Beginning, begin, escapeOf } from './begin.ts';
export { contradictionOf } from './contradiction.ts';
export { type Driven, type Driving, drive, type Tick } from './drive/drive.ts';
export type { Pace } from './drive/pace.ts';
export { errorMetricOf } from './error-metric.ts';
export { planOf, rollbackOf } from './from-policy.ts';
export { JOBS_PATIENCE_MS, type JobsSeen, type Looks, NO_LOOKS } from './jobs.ts';
export { endOf, type Phase, phaseOf } from './phase.ts';
export type {
  BasisPoints,
  Connections,
  Goal,
  LaneId,
  Plan,
  Proof,
  RouterPlan,
  SafeState,
  SessionsKept,
  Shared,
  Step,
  Testers,
  Watch,
  Watching,
  Ways,
} from './plan.ts';
export type { Counts, Fence, Holder, PermitOffice, Store, Target, Versioned } from './ports.ts';
export { Refused, Superseded, Unavailable } from './ports.ts';
export { shortOf } from './reduce/goal-reached.ts';
export type { Said } from './said.ts';
export { planSchema, readPlan } from './schema/plan.ts';
export { encodeStatus } from './schema/status.ts';
export type { Command, Observed, Permits, Seen, WorkloadObserved } from './seen.ts';
export { requireSharedDatabase } from './shared-database.ts';
export { requireSharedPods } from './shared-pods.ts';
export type {
  Act,
  Before,
  Decided,
  End,
  Escape,
  Evidence,
  LaneStatus,
  Passage,
  Patch,
  Status,
  Way,
} from './status.ts';
export { stepsOf } from './steps-of.ts';
export { type CanaryInput, compileCanary, type ShareStep } from './strategies/canary.ts';
export { LANE } from './strategies/terms.ts';
export { chartOf } from './tell/chart.ts';
export { lineOf, percent } from './tell/lines.ts';
export { type ActCircumstances, deliveryRecordOf, recoveryRecordOf } from './tell/records.ts';
export { githubStatuses, type Statuses, type StatusesOf } from './tell/statuses.ts';
export { type Ears, telling } from './tell/telling.ts';
export { type Point, Timeline } from './tell/timeline.ts';
export { type BackSeen, errorsTell, verifyBack } from './verify-back.ts';
export { type Found, type WayBack, type WayBackAsked, wayBack } from './way-back.ts';
