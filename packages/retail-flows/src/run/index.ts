export { LockError } from '../nothing-stays/lock.ts';
export { ShopError } from '../shop.ts';
export { runSmoke, type SmokeRequest, type TourWishes } from './run-smoke.ts';
export { runTenants, type Tenant, type TenantsRequest } from './run-tenants.ts';
