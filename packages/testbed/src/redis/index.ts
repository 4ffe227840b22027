export { type Redis, startRedis } from './redis.ts';
