import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { NEW, OLD, shortPlan } from '../example-plan.test-kit.ts';
import type { Chaos } from '../memory/process.test-kit.ts';
import { randomOf } from '../memory/random.test-kit.ts';
import { driveOnce, type Scene, sceneOf, startDriver, statusOn } from '../memory/run.test-kit.ts';
import { watchdog } from '../memory/watchdog.test-kit.ts';
import type { Behaviour } from '../memory/world.test-kit.ts';
import { endOf } from '../phase.ts';
import { Refused, Superseded, Unavailable } from '../ports.ts';
import type { Command } from '../seen.ts';

const PLAN = shortPlan();

/** What must be true at every moment, whoever drives and whoever dies. */
function requireNobodyHurt({ world }: Scene): void {
  expect(world.nowhere).toEqual([]);
  expect(world.clients.nowhere).toBe(0);
  expect([...world.asked].filter((digest) => digest !== OLD && digest !== NEW)).toEqual([]);
}

/** What must be true at the end: wholly there or wholly back, and the status says which. */
function requireWhole(scene: Scene): 'promoted' | 'returned' {
  requireNobodyHurt(scene);
  const { world } = scene;
  const end = endOf(PLAN, statusOn(scene));
  const image = end === 'promoted' ? NEW : OLD;
  expect(['promoted', 'returned']).toContain(end);
  expect({ image: world.stable.image, candidate: world.candidate, ...world.routing }).toMatchObject({
    image,
    candidate: null,
    share: 0,
    route: 'open',
  });
  expect(world.ready(world.stable).map(({ digest }) => digest)).toEqual([image, image, image]);
  return end as 'promoted' | 'returned';
}

/** A driver that ends as one may end: over, stopped, also before it began, dead, or because another one has taken over. */
async function oneRun(scene: Scene, run: Parameters<typeof startDriver>[1]): Promise<void> {
  const { process, driven } = startDriver(scene, run);
  const settled = driven.catch((cause: unknown) => {
    const stopped = cause instanceof Unavailable && run?.signal?.aborted;
    if (!(cause instanceof Superseded || cause instanceof Refused || stopped)) throw cause;
  });
  await scene.time.until(Promise.race([settled, process.died]));
}

const RELEASES: Record<string, Partial<Behaviour>> = {
  good: {},
  'with errors': { errors: 0.3 },
  'that crashes': { startsIn: null },
  'that starts slowly': { startsIn: 40_000 },
};

describe.each(Object.keys(RELEASES))('a release %s', (name) => {
  const next = RELEASES[name] as Partial<Behaviour>;
  const good = name === 'good' || name === 'that starts slowly';

  it('ends alike whichever call its driver dies with', async () => {
    const whole = sceneOf(PLAN, { next });
    const { process, driven } = startDriver(whole);
    await whole.time.until(driven);
    expect(requireWhole(whole)).toBe(good ? 'promoted' : 'returned');
    // Each call is a point to die at; a dozen of them keeps this fast, the benchmark takes them at random.
    for (let call = 0; call < process.calls; call += Math.ceil(process.calls / 12)) {
      for (const done of [false, true]) {
        const scene = sceneOf(PLAN, { next });
        await driveOnce(scene, { chaos: { dies: { call, done } } });
        requireNobodyHurt(scene);
        await driveOnce(scene, { who: 'the rerun' });
        expect([call, done, requireWhole(scene)]).toEqual([call, done, good ? 'promoted' : 'returned']);
      }
    }
  });

  it('is never left in between, with calls that fail, runners that die, words of people and a watchdog', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(hardRun, { maxLength: 3 }), fc.nat(), async (runs, seed) => {
        const scene = sceneOf(PLAN, { next });
        const ending = new AbortController();
        const guard = watchdog(scene.world, scene.shelf, PLAN, ending.signal);
        const random = randomOf(seed);
        for (const [index, { dies, failing, quiet, word, stops }] of runs.entries()) {
          const chaos: Chaos = { failing, random, ...(dies && { dies }) };
          const stop = new AbortController();
          if (stops !== null) scene.time.sleep(stops).then(() => stop.abort());
          if (word) scene.shelf.commands = [{ id: `word-${index}`, word, by: 'the person on call', answeredFor: good }];
          await oneRun(scene, { who: `run ${index}`, chaos, signal: stop.signal });
          requireNobodyHurt(scene);
          await scene.time.pass(quiet);
          requireNobodyHurt(scene);
        }
        scene.shelf.commands = [{ id: 'go on', word: 'resume', by: 'the person on call' }];
        // The watchdog may take over from a run whose calls have failed for too long; then the next one ends it.
        for (let rerun = 0; rerun < 5 && !endOf(PLAN, statusOn(scene)); rerun++) {
          await oneRun(scene, { who: `rerun ${rerun}`, chaos: { failing: 0.2, random } });
        }
        const end = requireWhole(scene);
        if (!good) expect(end).toBe('returned');
        ending.abort();
        await scene.time.until(guard);
      }),
      { numRuns: 6 },
    );
  });
});

const hardRun = fc.record({
  dies: fc.option(fc.record({ call: fc.nat(250), done: fc.boolean() })),
  failing: fc.constantFrom(0, 0.2),
  /** Until the next run: at once, while the Lease still stands, or after the watchdog was there. */
  quiet: fc.constantFrom(0, 10_000, 60_000, 15 * 60_000),
  word: fc.option(fc.constantFrom<Command['word']>('pause', 'resume', 'abort', 'promote'), { freq: 4 }),
  stops: fc.option(fc.nat(120_000), { freq: 4 }),
});
