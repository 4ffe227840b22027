import * as z from 'zod';

/** What the policy says of image scans. */
export const imageScanSection = z.strictObject({}).prefault({});
