export { ImageError, type ImageReference, parseImageReference } from './image/image-reference.ts';
export { observeScan, type ScanObservation } from './observe/observe-scan.ts';
export type { BoundReport, Reports } from './observe/reports.ts';
export type { ScanRequest, ScanWorld } from './observe/request.ts';
export type { Vulnerability } from './report/report.ts';
export { scanRules } from './rules/index.ts';
export type { Assessed, PlatformSeen, ScanSeen } from './seen.ts';
