import { expect } from '@jest/globals';
import { examplePlan } from '../example-plan.test-kit.ts';
import { Process } from '../memory/process.test-kit.ts';
import { sceneOf, statusOn } from '../memory/run.test-kit.ts';
import { emptyShelf, memoryStore } from '../memory/store.test-kit.ts';
import { memoryTarget } from '../memory/target.test-kit.ts';
import type { VirtualTime } from '../memory/time.test-kit.ts';
import { storeContract } from './store-contract.test-kit.ts';
import { targetContract } from './target-contract.test-kit.ts';

/** The same, but each call lets virtual time pass until it has settled. */
function inTime<T extends object>(port: T, time: VirtualTime): T {
  return new Proxy(port, {
    get: (_, name) => {
      const member = port[name as keyof T] as (...given: unknown[]) => unknown;
      return (...given: unknown[]) => {
        const result = member.apply(port, given);
        // Whoever listens waits for no time to pass.
        return result instanceof Promise && name !== 'listen' ? together(time, result) : result;
      };
    },
  });
}

/** Several may be under way at once: whoever comes first lets time pass for all. */
let passing: Promise<unknown> = Promise.resolve();
function together<T>(time: VirtualTime, result: Promise<T>): Promise<T> {
  const settled = passing.then(() => time.until(result));
  passing = settled.catch(() => undefined);
  return settled;
}

storeContract('in memory', async () => {
  const scene = sceneOf(examplePlan());
  const [{ time, plan }, beginning] = [scene, statusOn(scene)];
  const shelf = emptyShelf(plan);
  let said = 0;
  return {
    plan,
    open: (who) => inTime(memoryStore(shelf, new Process(time), who), time),
    fresh: (epoch) => ({ ...beginning, epoch }),
    command: async (word, by) => {
      shelf.commands = [{ id: String(said++), word, by }];
    },
    pass: (ms) => time.pass(ms),
    close: async () => undefined,
  };
});

targetContract('in memory', async () => {
  const { time, world, plan } = sceneOf(examplePlan());
  return {
    plan,
    open: () => inTime(memoryTarget(world, plan, new Process(time)), time),
    pass: (ms) => time.pass(ms),
    requireNobodyHurt: async () => {
      expect(world.nowhere).toEqual([]);
      expect(world.clients.nowhere).toBe(0);
    },
    close: async () => undefined,
  };
});
