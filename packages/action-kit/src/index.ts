export { type Act, defineAct, definitionOfAct, runAct } from './act.ts';
export { actingRun } from './acting-run.ts';
export { artifactFrom, gateInputs, releaseInputs, subjectFrom } from './common-inputs.ts';
export { type Definition, type Ending, type Frame, inWorkspace, reasonOf } from './frame.ts';
export { defineGate, type Gate, type GateContext, type Observation, type Presentation } from './gate.ts';
export {
  choice,
  digest,
  duration,
  flag,
  InputFault,
  type InputKind,
  type InputKinds,
  instant,
  integer,
  lines,
  list,
  path,
  secret,
  text,
  type Values,
} from './input-kinds.ts';
export { happened, plain, table, visible } from './markdown.ts';
export { policyInForce } from './policy-in-force.ts';
export { InputError } from './read-inputs.ts';
export { definitionOf, runGate, type Wiring } from './run-gate.ts';
export { OUTCOME_SIGNS } from './summarize.ts';
export type { TrustedAccess, TrustedFile, TrustedSource, TrustedSourceMaker } from './trusted.ts';
export { VERSION } from './version.ts';
