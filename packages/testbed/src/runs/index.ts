export { diesWithParent, notAsRoot, programAndArgs } from './identity.ts';
export { memoryMiB, timed } from './measure.ts';
export { runsFolder } from './places.ts';
export { entryOf, memoryOf, type ProcessEntry, processTable, treeOf } from './process-table.ts';
export { ready } from './ready.ts';
export { listRuns, openRun, type Run, type RunStatus, removeDeadRuns } from './run.ts';
export type { Command, RunProcess } from './run-process.ts';
