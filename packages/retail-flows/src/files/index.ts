export { flowsFileSchema } from './declared-schema.ts';
export { FlowsFileError } from './flows-file-error.ts';
export type { Kit, OwnFlows } from './kit.ts';
export { readOwnFlows } from './own-flows.ts';
export { parseTenants, type TenantEntry, tenantsSchema } from './tenants.ts';
