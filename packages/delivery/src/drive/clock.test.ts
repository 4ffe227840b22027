import { describe, expect, it } from '@jest/globals';
import { examplePlan } from '../example-plan.test-kit.ts';
import { BACK, PROMOTED, sceneOf, stand, startDriver } from '../memory/run.test-kit.ts';
import type { Permits } from '../seen.ts';

const MINUTE = 60_000;

/** The cluster's clock here is decades behind this machine's: whoever asked that one would find every record expired. */
describe('whether a record still holds is asked with the time of the API server', () => {
  it.each([
    ['one that expires after all', 60 * MINUTE, undefined, PROMOTED],
    ['one that expires on the way', 2 * MINUTE, 'record', BACK],
  ] as const)('%s', async (_, lasts, by, where) => {
    const scene = sceneOf(examplePlan());
    const expiresAt = scene.time.now + lasts;
    const asked: number[] = [];
    const lookedAt = new Set<number>();
    const { driven } = startDriver(scene, {
      permits: {
        async read(at): Promise<Permits> {
          asked.push(at);
          return { freeze: 'open', record: at < expiresAt ? 'valid' : 'expired', because: [] };
        },
      },
      onTick: ({ seen }) => lookedAt.add(seen.at),
    });
    const { status } = await scene.time.until(driven);
    expect([status.decided?.by, stand(scene)]).toEqual([by, where]);
    expect(asked.length).toBeGreaterThan(0);
    expect(asked.filter((at) => !lookedAt.has(at))).toEqual([]);
    expect(Math.max(...asked)).toBeLessThan(Date.now() - 24 * 60 * MINUTE);
  });
});
