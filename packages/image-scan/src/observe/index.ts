export { ImageError, type ImageReference, parseImageReference } from '../image/image-reference.ts';
export { writeBillsOfMaterials } from '../output/bill-of-materials.ts';
export { SCAN_REPORT } from '../report/foreign-report.ts';
export { observeScan, type ScanObservation } from './observe-scan.ts';
export type { BoundReport, Reports } from './reports.ts';
export type { ScanRequest, ScanWorld } from './request.ts';
