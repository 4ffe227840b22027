export { type Rehearsed, type RehearseOptions, rehearse } from './rehearse.ts';
export { type ActRun, runAct } from './run-act.ts';
export { SCENARIOS, type Scenario } from './scenarios.ts';
export { copySuite, forAct, localRepositories } from './tree.ts';
