export { fixFirst } from './output/fix-first.ts';
export { sarifOf } from './output/sarif.ts';
export { scanRules } from './rules/index.ts';
export type { Assessed, IdleAcceptance, PlatformSeen, Proof, ScanSeen, Trouble } from './seen.ts';
export { worstFirst } from './worst-first.ts';
