import { describe, expect, it } from '@jest/globals';
import type { CountWindow } from '@tillgate/analysis';
import { examplePlan, exampleRollback, NEW, OLD, shortPlan } from '../example-plan.test-kit.ts';
import {
  BACK,
  driveOnce,
  PROMOTED,
  type Run,
  type Scene,
  sceneOf,
  stand,
  startDriver,
  statusOn,
} from '../memory/run.test-kit.ts';
import { Refused, Superseded } from '../ports.ts';
import type { Said } from '../said.ts';
import { encodeStatus } from '../schema/status.ts';
import type { Status } from '../status.ts';
import type { Driven } from './drive.ts';

const MINUTE = 60_000;

async function deliver(scene: Scene, run: Run = {}): Promise<{ driven: Driven; steps: string[] }> {
  const said: Said[] = [];
  const driven = await driveOnce(scene, { ...run, onTick: (tick) => said.push(...tick.said) });
  if (driven === 'died') throw new Error('It died.');
  const steps = said.flatMap((each) => (each.what === 'began' ? [each.step] : each.what === 'ended' ? [each.end] : []));
  return { driven, steps };
}

describe('a delivery that is driven', () => {
  it('goes from step to step until everybody has the new version, and nobody is ever sent nowhere', async () => {
    const scene = sceneOf(examplePlan());
    const { driven, steps } = await deliver(scene);
    expect(driven.because).toBe('over');
    expect(steps).toEqual(['prepare', '10 %', '50 %', 'promote', 'settle', 'watch', 'promoted']);
    expect(stand(scene)).toEqual(PROMOTED);
    expect(scene.world.clients.all).toBeGreaterThan(1_000);
    expect([scene.world.clients.nowhere, scene.world.nowhere]).toEqual([0, []]);
    expect(scene.shelf.lease).toBeUndefined();
  });

  it('goes back by itself when the new version fails its clients, and says by what numbers', async () => {
    const scene = sceneOf(examplePlan(), { next: { errors: 0.1 } });
    const { driven, steps } = await deliver(scene);
    expect(steps).toEqual(['prepare', '10 %', 'back', 'returned']);
    expect(driven.status.decided).toMatchObject({ by: 'analysis', reason: expect.stringContaining('10 %') });
    expect(driven.status.history.map(({ step, because }) => [step, because === 'proved'])).toEqual([
      ['prepare', true],
      ['10 %', false],
      ['back', true],
    ]);
    const [first] = driven.status.history[1]?.evidence ?? [];
    expect((first?.candidate[0] ?? 0) / (first?.candidate[1] ?? 1)).toBeCloseTo(0.1);
    expect(stand(scene)).toEqual(BACK);
  });

  it('goes back when the new version is bad only once everybody has it', async () => {
    const scene = sceneOf(examplePlan());
    const watching = (step: string) => {
      if (step === 'watch') scene.world.behaviour[NEW] = { errors: 0.2, startsIn: 8_000 };
    };
    const said: Said[] = [];
    await driveOnce(scene, {
      onTick: (tick) => {
        said.push(...tick.said);
        for (const each of tick.said) if (each.what === 'began') watching(each.step);
      },
    });
    expect(said.flatMap((each) => (each.what === 'turned' ? [each.step, each.by] : []))).toEqual(['watch', 'analysis']);
    expect(stand(scene)).toEqual(BACK);
    expect(scene.world.nowhere).toEqual([]);
  });

  it('holds without evidence, and goes back when that lasts too long', async () => {
    const scene = sceneOf(shortPlan());
    const counts = { read: async () => ({ windows: [], faults: [] }) };
    const { driven } = await deliver(scene, { counts });
    expect(driven.status.decided).toMatchObject({ by: 'time', reason: expect.stringContaining('no requests') });
    expect(stand(scene)).toEqual(BACK);
  });

  describe('whose measurements cannot be read once everybody has the new version', () => {
    const away = (scene: Scene, from: number, to: number) => ({
      async read(_: unknown, __: unknown, cursor: number) {
        const step = statusOn(scene).history.at(-1)?.step;
        const since = statusOn(scene).lanes.all?.since ?? 0;
        const at = scene.time.now;
        if (step === 'settle' && at - since >= from && at - since < to)
          return { windows: [], faults: [{ metric: 'errors', query: 'up', message: 'Prometheus does not answer.' }] };
        return {
          windows: step === 'settle' ? scene.world.windowsSince(cursor).map(servedByAll) : good(scene, cursor),
          faults: [],
        };
      },
    });
    const good = (scene: Scene, cursor: number) => scene.world.windowsSince(cursor);
    const servedByAll = (window: CountWindow): CountWindow => ({
      ...window,
      metrics: {
        errors: (window.metrics.errors ?? []).map((each) => ({
          ...each,
          candidate: each.stable,
          stable: each.candidate,
        })),
      },
    });

    it('has it, and says that nothing is known of it', async () => {
      const scene = sceneOf(examplePlan());
      const { driven, steps } = await deliver(scene, { counts: away(scene, 0, Number.POSITIVE_INFINITY) });
      expect(steps.slice(-3)).toEqual(['watch', 'stay', 'promoted']);
      expect(driven.status.decided).toMatchObject({
        by: 'time',
        reason: expect.stringContaining('Prometheus does not answer.'),
      });
      expect(stand(scene)).toEqual(PROMOTED);
    });

    it('waits for a first reading, however short the watch', async () => {
      const scene = sceneOf(examplePlan({ watchMs: 1_000 }));
      const { driven, steps } = await deliver(scene, {
        counts: {
          read: async (_readings, _timing, cursor) => ({ windows: good(scene, cursor), faults: [] }),
        },
      });
      expect(steps.slice(-2)).toEqual(['watch', 'promoted']);
      const { after } = driven.status.evidence;
      expect(after?.cursor).toBeGreaterThan(after?.since ?? Number.POSITIVE_INFINITY);
    });

    it('waits for them, and is promoted when they are back', async () => {
      const scene = sceneOf(examplePlan());
      const { driven, steps } = await deliver(scene, { counts: away(scene, MINUTE, 8 * MINUTE) });
      expect([steps.at(-2), driven.status.decided]).toEqual(['watch', undefined]);
      expect((driven.status.history.at(-1)?.left ?? 0) - (driven.status.history.at(-1)?.since ?? 0)).toBeGreaterThan(
        8 * MINUTE - 1,
      );
    });
  });

  it('survives an API server that is away for five minutes, and goes on where it was', async () => {
    const scene = sceneOf(examplePlan());
    const from = scene.time.now + 45_000;
    const { steps } = await deliver(scene, { chaos: { away: [{ from, to: from + 5 * MINUTE }] } });
    expect(steps).toEqual(['prepare', '10 %', '50 %', 'promote', 'settle', 'watch', 'promoted']);
    expect(scene.world.clients.nowhere).toBe(0);
  });

  it('takes back what was cancelled, and is over before the run is killed', async () => {
    const scene = sceneOf(examplePlan());
    const stop = new AbortController();
    const { process, driven } = startDriver(scene, { signal: stop.signal });
    await scene.time.pass(40_000);
    expect(scene.world.routing.share).toBe(1_000);
    const at = scene.time.now;
    stop.abort();
    const result = await scene.time.until(driven);
    expect(scene.time.now - at).toBeLessThan(7_500);
    expect([result.because, result.status.decided?.by, stand(scene)]).toEqual(['over', 'signal', BACK]);
    expect(process.dead).toBe(false);
  });

  it('counts its grace from the word to stop, also where nobody answers at first', async () => {
    const scene = sceneOf(examplePlan());
    const stop = new AbortController();
    const away = { from: Number.POSITIVE_INFINITY, to: Number.POSITIVE_INFINITY };
    const { driven } = startDriver(scene, { signal: stop.signal, chaos: { away: [away] } });
    const promoted = () => scene.world.ready(scene.world.stable).filter(({ digest }) => digest === NEW);
    while (promoted().length < 2) await scene.time.pass(100);
    // Pods of the old version do not come any more, so the way back has no end.
    scene.world.behaviour[OLD] = { errors: 0, startsIn: null };
    const at = scene.time.now;
    Object.assign(away, { from: at, to: at + 1_000 });
    stop.abort();
    const { because, status } = await scene.time.until(driven);
    expect([because, status.decided?.by, scene.world.stable.image]).toEqual(['stopped', 'signal', OLD]);
    expect(scene.time.now - at).toBeLessThan(6_500);
  });

  it('leaves what was cancelled to the next run where it is set to pause', async () => {
    const scene = sceneOf(examplePlan(), { onInconclusive: 'pause' });
    const stop = new AbortController();
    const { driven } = startDriver(scene, { signal: stop.signal });
    await scene.time.pass(40_000);
    stop.abort();
    expect(await scene.time.until(driven)).toMatchObject({ because: 'stopped' });
    expect(scene.world.routing.share).toBe(1_000);
    expect((await deliver(scene, { who: 'the rerun' })).steps.at(-1)).toBe('promoted');
  });

  it('leaves what everybody has already, when it is cancelled while it only watches', async () => {
    const scene = sceneOf(examplePlan());
    const stop = new AbortController();
    const { driven } = startDriver(scene, { signal: stop.signal });
    while (statusOn(scene).history.at(-1)?.step !== 'settle') await scene.time.pass(1_000);
    stop.abort();
    const { because, status } = await scene.time.until(driven);
    expect([because, status.decided, stand(scene)]).toEqual(['stopped', undefined, PROMOTED]);
    expect((await deliver(scene, { who: 'the rerun' })).steps).toEqual(['promoted']);
  });

  it('stops for whoever takes over, and says who that is', async () => {
    const scene = sceneOf(examplePlan());
    const first = startDriver(scene, { who: 'the first run' }).driven.catch((cause: unknown) => cause);
    await scene.time.pass(40_000);
    const second = startDriver(scene, { who: 'the rollback', back: 'ada: the tills stand still' });
    const result = await scene.time.until(second.driven);
    expect(result.status.decided).toMatchObject({ by: 'command', reason: expect.stringContaining('the tills stand') });
    expect(stand(scene)).toEqual(BACK);
    const cause = await scene.time.until(first);
    expect(cause).toBeInstanceOf(Superseded);
    expect(String(cause)).toContain('held by the rollback');
  });

  it('does not take a delivery from a run that lives', async () => {
    const scene = sceneOf(examplePlan());
    const { driven } = startDriver(scene, { who: 'the first run' });
    await scene.time.pass(30_000);
    const second = startDriver(scene, { who: 'another run' }).driven.catch((cause: unknown) => cause);
    const cause = await scene.time.until(second);
    expect(cause).toBeInstanceOf(Refused);
    expect(String(cause)).toContain('the first run delivers here');
    expect((await scene.time.until(driven)).because).toBe('over');
  });

  it('writes over what a hand has written into its state', async () => {
    const scene = sceneOf(examplePlan());
    const { driven } = startDriver(scene);
    await scene.time.pass(30_000);
    const edited: Status = { ...statusOn(scene), safe: 'new', heard: ['edited'] };
    scene.shelf.json = encodeStatus(edited);
    scene.shelf.version++;
    await scene.time.pass(10_000);
    expect(statusOn(scene)).toMatchObject({ safe: 'stable', heard: [] });
    expect((await scene.time.until(driven)).because).toBe('over');
  });

  it.each([
    ['no JSON', () => '{'],
    ['of a newer schema', (now: Status) => JSON.stringify({ ...now, schema: 2 })],
    ['too large', (now: Status) => JSON.stringify({ ...now, heard: ['x'.repeat(300_000)] })],
  ])('writes over what a hand has written there, also where nobody can read it: %s', async (_, written) => {
    const scene = sceneOf(examplePlan());
    const { driven } = startDriver(scene);
    await scene.time.pass(30_000);
    scene.shelf.json = written(statusOn(scene));
    scene.shelf.version++;
    await scene.time.pass(10_000);
    expect(statusOn(scene)).toMatchObject({ schema: 1, safe: 'stable', heard: [] });
    expect((await scene.time.until(driven)).because).toBe('over');
    expect(stand(scene)).toEqual(PROMOTED);
  });

  it('writes its state again when somebody deletes it', async () => {
    const scene = sceneOf(examplePlan());
    const { driven } = startDriver(scene);
    await scene.time.pass(30_000);
    scene.shelf.json = undefined;
    const { status } = await scene.time.until(driven);
    expect(status.history.map(({ step }) => step)).toEqual(['prepare', '10 %', '50 %', 'promote', 'settle', 'watch']);
  });

  it('refuses a state that names what its plan does not', async () => {
    const scene = sceneOf(examplePlan());
    const far: Status = { ...statusOn(scene), lanes: { all: { way: 'forward', step: 99, since: 0, limitFrom: 0 } } };
    scene.shelf.json = encodeStatus(far);
    await expect(driveOnce(scene)).rejects.toThrow('names step 99 on the way "forward"');
  });

  it('takes a promoted release back', async () => {
    const scene = sceneOf(exampleRollback());
    const { steps } = await deliver(scene);
    expect(steps).toEqual(['back', 'returned']);
    expect(stand(scene)).toEqual(BACK);
    expect(scene.world.nowhere).toEqual([]);
  });

  it('follows up what the watchdog did', async () => {
    const scene = sceneOf(examplePlan());
    await driveOnce(scene, { chaos: { dies: { call: 60, done: true } } });
    expect(scene.world.routing.share).toBe(1_000);
    const { watchdog } = await import('../memory/watchdog.test-kit.ts');
    const ending = new AbortController();
    const guard = watchdog(scene.world, scene.shelf, scene.plan, ending.signal);
    await scene.time.pass(13 * MINUTE);
    expect(scene.world.routing.share).toBe(0);
    const { driven, steps } = await deliver(scene, { who: 'the rerun' });
    expect([driven.status.decided?.by, steps]).toEqual(['watchdog', ['back', 'returned']]);
    expect(stand(scene)).toEqual(BACK);
    ending.abort();
    await scene.time.until(guard);
  });
});

describe('permits', () => {
  it.each([
    ['a freeze', { freeze: 'closed', record: 'valid', because: ['Black week has begun.'] }, 'freeze'],
    ['an expired record', { freeze: 'open', record: 'expired', because: [] }, 'record'],
  ] as const)('%s turns a release before it goes on', async (_, permits, by) => {
    const scene = sceneOf(examplePlan());
    const { driven } = startDriver(scene);
    await scene.time.pass(40_000);
    scene.permits = permits;
    const { status } = await scene.time.until(driven);
    expect([status.decided?.by, stand(scene)]).toEqual([by, BACK]);
  });

  it('that nobody can tell hold it, for as long as a step may last', async () => {
    const scene = sceneOf(examplePlan());
    const { driven } = startDriver(scene);
    await scene.time.pass(40_000);
    scene.permits = { freeze: 'unknown', record: 'valid', because: ['The calendar does not answer.'] };
    await scene.time.pass(15 * MINUTE);
    expect(scene.world.routing.share).toBe(1_000);
    scene.permits = { freeze: 'open', record: 'valid', because: [] };
    expect((await scene.time.until(driven)).status.decided).toBeUndefined();
    expect(stand(scene)).toEqual(PROMOTED);
  });

  it('are not asked for once everybody has the new version, nor on the way back', async () => {
    const scene = sceneOf(examplePlan());
    const { driven } = startDriver(scene);
    while (scene.world.stable.image !== NEW) await scene.time.pass(1_000);
    scene.permits = { freeze: 'closed', record: 'expired', because: [] };
    expect((await scene.time.until(driven)).status.decided).toBeUndefined();
    expect(stand(scene)).toEqual(PROMOTED);
  });
});
