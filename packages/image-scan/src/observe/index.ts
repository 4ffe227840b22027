export { type ImageReference, parseImageReference } from '../image/image-reference.ts';
export { writeBillsOfMaterials } from '../output/bill-of-materials.ts';
export { SCAN_REPORT } from '../report/foreign-report.ts';
export { observeScan } from './observe-scan.ts';
export type { ScanRequest } from './request.ts';
