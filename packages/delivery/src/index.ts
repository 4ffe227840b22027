export { type Beginning, begin, escapeOf } from './begin.ts';
export { checkPlan } from './check-plan.ts';
export { planOf, rollbackOf } from './from-policy.ts';
export type {
  BasisPoints,
  Goal,
  LaneId,
  Plan,
  Proof,
  RouterPlan,
  SafeState,
  Step,
  Testers,
  Watch,
  Watching,
  Ways,
} from './plan.ts';
export { PLAN_SCHEMA } from './plan.ts';
export type { Counts, Fence, Holder, PermitOffice, Store, Target, Versioned } from './ports.ts';
export { Refused, Superseded, Unavailable } from './ports.ts';
export { planSchema, readPlan } from './schema/plan.ts';
export { encodeStatus, readStatus, requireOfPlan, STATUS_LIMIT, statusSchema } from './schema/status.ts';
export type { Command, Observed, Permits, Seen, WorkloadObserved } from './seen.ts';
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
export { stepOf, stepsOf } from './steps-of.ts';
export { type CanaryInput, compileCanary, type ShareStep } from './strategies/canary.ts';
export { compileRollback, type RollbackInput } from './strategies/rollback.ts';
export { LANE } from './strategies/terms.ts';
export { watchingOf } from './watching.ts';
