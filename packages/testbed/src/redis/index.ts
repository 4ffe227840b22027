export { measureRedis } from './measure.ts';
export { type Redis, startRedis } from './redis.ts';
