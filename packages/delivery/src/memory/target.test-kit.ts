import type { Goal, Plan, SafeState } from '../plan.ts';
import { type Fence, Superseded, type Target, Unavailable } from '../ports.ts';
import type { Before, Patch } from '../status.ts';
import type { Process } from './process.test-kit.ts';
import type { Routing, Workload, World } from './world.test-kit.ts';

/** How many pods the candidate has. */
const BESIDE = 2;

/** A target over the small cluster, as one process sees it: every read and every write is a call of its own. */
export function memoryTarget(
  world: World,
  plan: Plan,
  process: Process,
): Target & { reconfigured(before: Before): Promise<readonly string[]> } {
  return {
    before: () => process.call(() => beforeOf(world)),
    async claim(epoch) {
      for (const object of [world.stable, world.candidate, world.routing]) {
        if (!object) continue;
        await process.call(() => {
          if (object.epoch > epoch) throw new Superseded(`Epoch ${object.epoch} is on it.`);
          object.epoch = epoch;
          object.version++;
        });
      }
      return { epoch };
    },
    observe: () =>
      process.call(() => ({
        stable: world.observe(world.stable),
        candidate: world.candidate && world.observe(world.candidate),
        candidateShare: world.routing.share,
        route: world.routing.route,
        cron: 'stable' as const,
        assigned: null,
        foreign: [],
        waitingFor: [],
      })),
    apply: ({ goal }, fence) => bringNearer(world, goal, fence, process),
    escape: (safe) => escapeTo(plan, safe),
    // There is no configuration in this world.
    reconfigured: async () => [],
  };
}

export const beforeOf = ({ stable, autoscaled }: World): Before => ({
  image: stable.image,
  replicas: stable.replicas,
  floor: autoscaled ?? stable.replicas,
  uid: 'uid-1',
  configuration: {},
  errorShare: null,
});

/** Traffic goes before pods leave, pods are ready before traffic comes. Each move looks again. */
async function bringNearer(world: World, goal: Goal, fence: Fence, process: Process): Promise<void> {
  const { routing } = world;
  const now = await process.call(() => ({
    share: routing.share,
    route: routing.route,
    image: world.stable.image,
    candidate: world.candidate?.image ?? null,
    versions: {
      routing: routing.version,
      stable: world.stable.version,
      candidate: world.candidate?.version,
    },
  }));
  const write = (object: Routing | Workload, version: number, change: () => void, what: string) =>
    process.call(() => {
      if (object.epoch > fence.epoch) throw new Superseded(`${what}: epoch ${object.epoch} has taken over.`);
      if (object.version !== version) throw new Unavailable(`${what} changed since it was read.`);
      change();
      object.version++;
      object.epoch = fence.epoch;
      world.check(what);
    });
  const route = (share: number) =>
    write(
      routing,
      now.versions.routing,
      () => {
        routing.share = share;
        routing.route = goal.route;
      },
      `the share becomes ${share}`,
    );
  const stableServes = world.ready(world.stable).length > 0;
  if (goal.candidateShare < now.share && stableServes) return route(goal.candidateShare);
  if (goal.candidate !== null && now.candidate === null) {
    const image = goal.candidate;
    return process.call(() => {
      if (world.stable.epoch > fence.epoch) throw new Superseded('the candidate: a later epoch has taken over.');
      world.candidate ??= { ...world.create(image, BESIDE), epoch: fence.epoch };
    });
  }
  if (goal.stable !== now.image) {
    world.asked.add(goal.stable);
    const change = () => {
      world.stable.image = goal.stable;
    };
    await write(world.stable, now.versions.stable, change, 'stable gets its image');
  }
  const candidateServes = world.ready(world.candidate).length === BESIDE;
  const raise = goal.candidateShare > now.share && candidateServes;
  if (raise || (goal.route !== now.route && (goal.route === 'open' || candidateServes)))
    return route(goal.candidateShare);
  const { stable } = world;
  const settled =
    stable.pods.every(({ digest }) => digest === goal.stable) && world.ready(stable).length >= stable.replicas;
  if (goal.candidate === null && world.candidate && now.share === 0 && settled) {
    const { candidate } = world;
    await write(candidate, now.versions.candidate as number, () => (world.candidate = null), 'the candidate goes');
  }
}

/** All that a watchdog does in the small cluster: weights, and what stable runs. */
function escapeTo({ from, to }: Plan, safe: SafeState): Patch[] {
  if (safe === 'hold') return [];
  const image = safe === 'stable' ? from : to;
  return [
    { resource: 'routing', name: 'routing', type: 'merge', patch: { share: 0, route: 'open' } },
    { resource: 'stable', name: 'stable', type: 'merge', patch: { image } },
  ];
}
