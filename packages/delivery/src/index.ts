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
export { watchingOf } from './watching.ts';
