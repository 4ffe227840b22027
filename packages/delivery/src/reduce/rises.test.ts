import { describe, expect, it } from '@jest/globals';
import { examplePlan, NEW, OLD } from '../example-plan.test-kit.ts';
import { driveOnce, type Scene, sceneOf, startDriver, statusOn } from '../memory/run.test-kit.ts';

const MINUTE = 60_000;
const CLOSED = { freeze: 'closed', record: 'valid', because: ['Black week.'] } as const;
const UNKNOWN = { freeze: 'unknown', record: 'unknown', because: ['Nobody answers.'] } as const;
const OPEN = { freeze: 'open', record: 'valid', because: [] } as const;

/** A runner dies the moment that it has committed to a step, before anything of it is done. */
async function diedBefore(step: string): Promise<Scene> {
  const scene = sceneOf(examplePlan(), { onInconclusive: 'pause' });
  const driven = driveOnce(scene, {
    onTick: ({ status }) => {
      if (status.lanes.all?.intent?.step === step) throw new Error('It dies.');
    },
  });
  await expect(driven).rejects.toThrow('It dies.');
  return scene;
}

const stand = ({ world }: Scene) => [world.stable.image, world.routing.share];

describe.each([
  ['10 %', [OLD, 0]],
  ['50 %', [OLD, 1_000]],
  ['promote', [OLD, 5_000]],
])('what was decided and not done before the runner died: "%s"', (step, before) => {
  it('is not done once a freeze has begun: the release goes back', async () => {
    const scene = await diedBefore(step);
    expect(stand(scene)).toEqual(before);
    await scene.time.pass(15 * MINUTE);
    scene.permits = CLOSED;
    const rises: unknown[] = [];
    scene.time.onPassing(() => {
      if (scene.world.routing.share > Number(before[1]) || scene.world.stable.image === NEW) rises.push(stand(scene));
    });
    await driveOnce(scene, { who: 'the rerun' });
    expect([rises, statusOn(scene).decided?.by, stand(scene)]).toEqual([[], 'freeze', [OLD, 0]]);
  });

  it('is not done while nobody knows whether it may be, and is done afterwards', async () => {
    const scene = await diedBefore(step);
    scene.permits = UNKNOWN;
    const { driven } = startDriver(scene, { who: 'the rerun' });
    await scene.time.pass(4 * MINUTE);
    expect(stand(scene)).toEqual(before);
    scene.permits = OPEN;
    const { status } = await scene.time.until(driven);
    expect([status.decided, stand(scene)]).toEqual([undefined, [NEW, 0]]);
  });

  it('is not done while it is paused', async () => {
    const scene = await diedBefore(step);
    scene.shelf.commands = [{ id: 'wait', word: 'pause', by: 'ada' }];
    const { driven } = startDriver(scene, { who: 'the rerun' });
    await scene.time.pass(4 * MINUTE);
    expect(stand(scene)).toEqual(before);
    scene.shelf.commands = [{ id: 'go', word: 'resume', by: 'ada' }];
    const { status } = await scene.time.until(driven);
    expect([status.decided, stand(scene)]).toEqual([undefined, [NEW, 0]]);
  });
});

describe('traffic that a hand has taken from the candidate once a step was reached', () => {
  const takenAway = async (permits: Scene['permits']) => {
    const scene = sceneOf(examplePlan());
    let reached = false;
    const { driven } = startDriver(scene, {
      onTick: ({ said }) => {
        reached ||= said.some((one) => one.what === 'reached' && one.step === '10 %');
      },
    });
    while (!reached) await scene.time.pass(1_000);
    scene.permits = permits;
    scene.world.routing.share = 0;
    const shares = new Set<number>();
    scene.time.onPassing(() => shares.add(scene.world.routing.share));
    return { scene, driven, shares };
  };

  it('is not given back to it once a freeze has begun', async () => {
    const { scene, driven, shares } = await takenAway(CLOSED);
    const { status } = await scene.time.until(driven);
    expect([status.decided?.by, stand(scene), [...shares]]).toEqual(['freeze', [OLD, 0], [0]]);
  });

  it('is given back where that is permitted', async () => {
    const { scene, driven, shares } = await takenAway(OPEN);
    expect((await scene.time.until(driven)).status.decided).toBeUndefined();
    expect(shares).toContain(1_000);
  });
});
