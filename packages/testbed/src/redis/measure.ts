import { memoryMiB, timed } from '../runs/index.ts';
import { startRedis } from './redis.ts';

/** Starts a Redis. Times in milliseconds, memory in MiB. */
export async function measureRedis(): Promise<Record<string, number>> {
  const [redis, start] = await timed(startRedis);
  try {
    return { redis_start_ms: start, redis_memory_mib: await memoryMiB('redis') };
  } finally {
    await redis.stop();
  }
}
