export { changeModules, OdooError, runShell } from './command.ts';
export { type Generation, ODOO_14, ODOO_19 } from './generations.ts';
export { callJson2, Json2Error } from './json2.ts';
export { measureOdoo } from './measure.ts';
export { needOdoo } from './need.ts';
export { type Odoo, type OdooOptions, startOdoo } from './odoo.ts';
export { queueJobAddon } from './queue-job.ts';
export { type Retail, startRetail } from './retail.ts';
export { type RetailTemplate, retailTemplate } from './retail-template.ts';
export { whyNoOdoo } from './root.ts';
export type { Sandbox } from './sandbox.ts';

/** What makes Odoo servers of pods: `startCluster({ runtimes: [odooRuntime] })`. */
export const odooRuntime = new URL('./runtime.ts', import.meta.url).href;
