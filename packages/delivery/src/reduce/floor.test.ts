import { describe, expect, it } from '@jest/globals';
import { examplePlan, NEW, OLD } from '../example-plan.test-kit.ts';
import { driveOnce, sceneOf } from '../memory/run.test-kit.ts';
import type { Said } from '../said.ts';

/** Somebody scales stable when a step begins, and, if told, back when it was noticed. */
async function scaled(at: string, to: number, andBack = false) {
  const scene = sceneOf(examplePlan());
  const before = scene.world.stable.replicas;
  const said: Said[] = [];
  const driven = await driveOnce(scene, {
    onTick: (tick) => {
      said.push(...tick.said);
      for (const each of tick.said) {
        if (each.what === 'reached' && each.step === at) scene.world.stable.replicas = to;
        if (each.what === 'lost' && andBack) scene.world.stable.replicas = before;
      }
    },
  });
  if (driven === 'died') throw new Error('It died.');
  const steps = said.flatMap((each) => (each.what === 'began' ? [each.step] : []));
  return { status: driven.status, steps, image: scene.world.stable.image, said };
}

describe('stable that somebody scales down while the candidate takes traffic', () => {
  it('takes the release back when it stays too small, and says how to keep it', async () => {
    const { status, steps, image } = await scaled('10 %', 1);
    expect(steps).toEqual(['prepare', '10 %', 'back']);
    expect(status.decided).toMatchObject({ by: 'floor', reason: expect.stringContaining('minReplicas') });
    expect(image).toBe(OLD);
  });

  it('goes on once it has its pods again', async () => {
    const { status, said, image } = await scaled('10 %', 1, true);
    expect(said.map(({ what }) => what)).toContain('regained');
    expect(status.decided).toBeUndefined();
    expect(image).toBe(NEW);
  });

  it('may be scaled as one likes once there is no candidate to come back from', async () => {
    const { status, image } = await scaled('settle', 1);
    expect([status.decided, image]).toEqual([undefined, NEW]);
  });
});
