import { describe, expect, it } from '@jest/globals';
import { examplePlan, NEW, OLD } from '../example-plan.test-kit.ts';
import { driveOnce, sceneOf, startDriver, statusOn } from '../memory/run.test-kit.ts';
import { endOf } from '../phase.ts';
import { Refused, Superseded } from '../ports.ts';
import type { Said } from '../said.ts';

const steps = (said: readonly Said[]) =>
  said.flatMap((each) => (each.what === 'began' ? [each.step] : each.what === 'ended' ? [each.end] : []));

describe('a delivery that is driven', () => {
  it('goes from step to step until everybody has the new version, and nobody is ever sent nowhere', async () => {
    const scene = sceneOf(examplePlan());
    const said: Said[] = [];
    const driven = await driveOnce(scene, { onTick: (tick) => said.push(...tick.said) });
    expect(driven).toMatchObject({ because: 'over' });
    expect(steps(said)).toEqual(['prepare', '10 %', '50 %', 'promote', 'settle', 'watch', 'promoted']);
    const { world } = scene;
    expect(world.clients).toEqual({ all: expect.any(Number), nowhere: 0 });
    expect(world.clients.all).toBeGreaterThan(1_000);
    expect(world.nowhere).toEqual([]);
    expect([world.stable.image, world.candidate, world.routing.share]).toEqual([NEW, null, 0]);
    expect(scene.shelf.lease).toBeUndefined();
  });
});
