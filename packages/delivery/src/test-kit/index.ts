/** For tests of other packages: a cluster in memory that can be driven in virtual time, and died in at every moment. */
export { keptBeside } from '../cluster/kept.ts';
export { memoryWriter } from '../cluster/memory-writer.test-kit.ts';
export { digestOfAll, exampleInput, examplePlan, exampleRollback, NEW, OLD } from '../example-plan.test-kit.ts';
export { Process } from '../memory/process.test-kit.ts';
export { beforeOf, memoryTarget } from '../memory/target.test-kit.ts';
export { VirtualTime } from '../memory/time.test-kit.ts';
export { type Behaviour, World } from '../memory/world.test-kit.ts';
