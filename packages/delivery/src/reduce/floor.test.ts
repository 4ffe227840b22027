import { describe, expect, it } from '@jest/globals';
import { examplePlan, NEW, OLD } from '../example-plan.test-kit.ts';
import { driveOnce, type Scene, sceneOf } from '../memory/run.test-kit.ts';
import type { Said } from '../said.ts';
import { lineOf } from '../tell/lines.ts';

interface Scaling {
  /** The step at which stable is scaled once it is reached, and to how many of its 3 pods. */
  at: string;
  to: number;
  autoscaled?: number;
  /** What happens besides, at each thing that is said. */
  and?: (scene: Scene, said: Said) => void;
}

async function scaled({ at, to, autoscaled, and = () => undefined }: Scaling) {
  const scene = sceneOf(examplePlan(), autoscaled === undefined ? {} : { autoscaled });
  const said: Said[] = [];
  const driven = await driveOnce(scene, {
    onTick: (tick) => {
      said.push(...tick.said);
      for (const each of tick.said) {
        if (each.what === 'reached' && each.step === at) scene.world.stable.replicas = to;
        and(scene, each);
      }
    },
  });
  if (driven === 'died') throw new Error('It died.');
  const steps = said.flatMap((each) => (each.what === 'began' ? [each.step] : []));
  const { status } = driven;
  return { status, steps, image: scene.world.stable.image, end: status.lanes.all?.end, said: said.map(lineOf) };
}

describe('stable that somebody scales down while the candidate takes traffic', () => {
  it('takes the release back when it stays too small, and says how to keep it', async () => {
    const { status, steps, image } = await scaled({ at: '10 %', to: 1 });
    expect(steps).toEqual(['prepare', '10 %', 'back']);
    expect(status.decided).toMatchObject({ by: 'floor', reason: expect.stringContaining('minReplicas') });
    expect(image).toBe(OLD);
  });

  it('does so also where its autoscaler may go that low: to it, fewer clients look like less need', async () => {
    const { steps } = await scaled({ at: '10 %', to: 1, autoscaled: 1 });
    expect(steps).toEqual(['prepare', '10 %', 'back']);
  });

  it('goes on once it has its pods again', async () => {
    const { status, said, image } = await scaled({
      ...{ at: '10 %', to: 1 },
      and: ({ world }, { what }) => {
        if (what === 'lost') world.stable.replicas = 3;
      },
    });
    expect(said.join('\n')).toContain('1 of the 3 pods that it began with');
    expect(status.decided).toBeUndefined();
    expect(image).toBe(NEW);
  });
});

describe('stable that somebody scales down when everybody has the new version', () => {
  it.each(['settle', 'watch'])(
    'at %s: nobody is taken back for it, and nobody is told that all was well',
    async (at) => {
      const { status, steps, image, end } = await scaled({ at, to: 1 });
      expect(steps).toEqual(['prepare', '10 %', '50 %', 'promote', 'settle', 'watch', 'stay']);
      expect([image, end]).toEqual([NEW, 'promoted']);
      expect(status.decided).toMatchObject({
        by: 'time',
        reason: expect.stringContaining('1 of the 3 pods that are its floor'),
      });
    },
  );

  it('is watched all the same: errors still take it back', async () => {
    const { status, image } = await scaled({
      ...{ at: 'settle', to: 1 },
      and: ({ world }, said) => {
        if (said.what === 'reached' && said.step === 'watch') world.behaviour[NEW] = { errors: 0.2, startsIn: 8_000 };
      },
    });
    expect([status.decided?.by, image]).toEqual(['analysis', OLD]);
  });

  it('is over where its pods are back before the watch is', async () => {
    const { status, image } = await scaled({
      ...{ at: 'settle', to: 1 },
      and: ({ world }, said) => {
        if (said.what === 'reached' && said.step === 'watch') world.stable.replicas = 3;
      },
    });
    expect([status.decided, image]).toEqual([undefined, NEW]);
  });

  it('may go as low as its autoscaler is allowed to, and no lower', async () => {
    expect((await scaled({ at: 'settle', to: 2, autoscaled: 2 })).status.decided).toBeUndefined();
    const lower = await scaled({ at: 'settle', to: 1, autoscaled: 2 });
    expect(lower.status.decided?.reason).toContain('1 of the 2 pods that are its floor');
  });
});
