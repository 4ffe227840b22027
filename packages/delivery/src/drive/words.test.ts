import { describe, expect, it } from '@jest/globals';
import { examplePlan } from '../example-plan.test-kit.ts';
import { BACK, PROMOTED, type Scene, sceneOf, stand, startDriver, statusOn } from '../memory/run.test-kit.ts';
import type { Counts } from '../ports.ts';
import type { LaneStatus } from '../status.ts';
import { stepOf } from '../steps-of.ts';
import { lineOf } from '../tell/lines.ts';

const MINUTE = 60_000;

describe('words of people', () => {
  const say = (scene: Scene, word: 'pause' | 'resume' | 'abort' | 'promote', id: string = word) => {
    scene.shelf.commands = [{ id, word, by: 'ada: the tills wait', answeredFor: true }];
  };

  it('pause: nothing moves until they say so', async () => {
    const scene = sceneOf(examplePlan());
    const { driven } = startDriver(scene);
    await scene.time.pass(40_000);
    say(scene, 'pause');
    await scene.time.pass(30 * MINUTE);
    expect([statusOn(scene).paused?.reason, scene.world.routing.share]).toEqual(['ada: the tills wait', 1_000]);
    say(scene, 'resume');
    const { status } = await scene.time.until(driven);
    expect([status.decided, stand(scene)]).toEqual([undefined, PROMOTED]);
  });

  it.each([
    ['a freeze begins', { freeze: 'closed', record: 'valid', because: ['Black week.'] }, 'freeze', 'Black week'],
    ['the record expires', { freeze: 'open', record: 'expired', because: ['It expired.'] }, 'record', 'is expired'],
    ['another record follows', { freeze: 'open', record: 'superseded', because: [] }, 'record', 'is superseded'],
  ] as const)('resume: not on, but back, where %s meanwhile', async (_, permits, by, why) => {
    const scene = sceneOf(examplePlan());
    const shares = new Set<number>();
    const { driven } = startDriver(scene, { onTick: () => shares.add(scene.world.routing.share) });
    await scene.time.pass(40_000);
    say(scene, 'pause');
    await scene.time.pass(3 * MINUTE);
    scene.permits = permits;
    // What stands is no rise: who paused it is asked first.
    await scene.time.pass(3 * MINUTE);
    expect([statusOn(scene).decided, scene.world.routing.share]).toEqual([undefined, 1_000]);
    say(scene, 'resume');
    const { status } = await scene.time.until(driven);
    expect([status.decided?.by, status.decided?.reason, stand(scene)]).toEqual([
      by,
      expect.stringContaining(why),
      BACK,
    ]);
    expect(Math.max(...shares)).toBe(1_000);
  });

  it('abort: back, also while it is paused', async () => {
    const scene = sceneOf(examplePlan());
    const { driven } = startDriver(scene);
    await scene.time.pass(40_000);
    say(scene, 'pause');
    await scene.time.pass(MINUTE);
    say(scene, 'abort');
    const { status } = await scene.time.until(driven);
    expect([status.decided?.reason, stand(scene)]).toEqual(['abort, said ada: the tills wait', BACK]);
  });

  it('are heard at once, not with the next look', async () => {
    const scene = sceneOf(examplePlan());
    const looks: number[] = [];
    const { driven } = startDriver(scene, { onTick: ({ seen }) => looks.push(seen.at) });
    await scene.time.pass(MINUTE);
    // Just after a look, when the next one is seconds away.
    const before = looks.length;
    while (looks.length === before) await scene.time.pass(20);
    await scene.time.pass(100);
    say(scene, 'abort');
    await scene.time.pass(300);
    expect(scene.world.routing.share).toBe(0);
    await scene.time.until(driven);
    expect(stand(scene)).toEqual(BACK);
  });

  it.each(['abort', 'the signal to stop'] as const)('are heard while evidence is waited for: %s', async (what) => {
    const scene = sceneOf(examplePlan());
    const stop = new AbortController();
    // Prometheus does not answer, and gives up only when it is told to.
    const silent: Counts = {
      read: (_, __, ___, signal) =>
        new Promise((_, reject) => signal?.addEventListener('abort', () => reject(signal.reason))),
    };
    const { driven } = startDriver(scene, { counts: silent, signal: stop.signal });
    await scene.time.pass(5 * MINUTE);
    expect(scene.world.routing.share).toBe(1_000);
    if (what === 'abort') say(scene, 'abort');
    else stop.abort();
    await scene.time.pass(500);
    expect(scene.world.routing.share).toBe(0);
    await scene.time.until(driven);
  });

  const NOTHING = { read: async () => ({ windows: [], faults: [] }) };
  const stepOn = (scene: Scene) => stepOf(scene.plan, 'all', statusOn(scene).lanes.all as LaneStatus)?.name;

  it('promote: on without evidence, but not without pods, and no further than the next step', async () => {
    const scene = sceneOf(examplePlan(), { next: { startsIn: 90_000 } });
    const { driven } = startDriver(scene, { counts: NOTHING });
    say(scene, 'promote', 'too early');
    await scene.time.pass(MINUTE);
    expect(scene.world.routing.share).toBe(0);
    await scene.time.pass(5 * MINUTE);
    expect(stepOn(scene)).toBe('10 %');
    say(scene, 'promote', 'the first share');
    await scene.time.pass(5 * MINUTE);
    expect([stepOn(scene), statusOn(scene).history.at(-1)?.because]).toEqual([
      '50 %',
      'promote, said ada: the tills wait',
    ]);
    say(scene, 'promote', 'the second share');
    while (stepOn(scene) !== 'watch') await scene.time.pass(1_000);
    say(scene, 'promote', 'the watch');
    const { status } = await scene.time.until(driven);
    expect([status.decided, stand(scene)]).toEqual([undefined, PROMOTED]);
  });

  it('promote: nothing, and told so, where nobody answers for it by name and reason', async () => {
    const scene = sceneOf(examplePlan());
    const lines: string[] = [];
    const { driven } = startDriver(scene, {
      counts: NOTHING,
      onTick: ({ said }) => lines.push(...said.map(lineOf)),
    });
    await scene.time.pass(5 * MINUTE);
    scene.shelf.commands = [{ id: 'anonymous', word: 'promote', by: 'kubectl-annotate' }];
    await scene.time.pass(5 * MINUTE);
    expect([stepOn(scene), statusOn(scene).lanes.all?.waved]).toEqual(['10 %', undefined]);
    expect(lines).toContainEqual(
      expect.stringMatching(/^Heard "promote" from kubectl-annotate, and did not .*command-by/),
    );
    say(scene, 'abort');
    await scene.time.until(driven);
  });
});
