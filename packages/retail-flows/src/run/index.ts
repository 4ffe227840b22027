export { LockError } from '../nothing-stays/lock.ts';
export { ShopError } from '../shop.ts';
export { runSmoke, type SmokeRequest } from './run-smoke.ts';
