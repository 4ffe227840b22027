import type { Sha256 } from '@tillgate/release';
import { isOver } from '../phase.ts';
import type { Plan } from '../plan.ts';
import { readStatus } from '../schema/status.ts';
import type { Shelf } from './store.test-kit.ts';
import type { World } from './world.test-kit.ts';

/** Looks every minute whether anybody drives; after `abandonAfterMs` without a beat, or past the deadline, it applies the escape. */
export async function watchdog(world: World, shelf: Shelf, plan: Plan, signal: AbortSignal): Promise<void> {
  const { time } = world;
  let [beat, quietSince] = ['', time.now];
  while (!signal.aborted) {
    await time.sleep(60_000, signal);
    if (signal.aborted || shelf.json === undefined) continue;
    const status = readStatus(shelf.json);
    if (isOver(plan, status)) continue;
    const now = `${shelf.lease?.until} ${shelf.version}`;
    if (now !== beat) [beat, quietSince] = [now, time.now];
    const late = time.now >= status.deadline && quietSince < time.now;
    if (time.now - quietSince < plan.abandonAfterMs && !late) continue;
    status.epoch++;
    shelf.json = JSON.stringify(status);
    shelf.version++;
    shelf.lease = { who: 'the watchdog', epoch: status.epoch, until: 0 };
    for (const { resource, patch } of status.escape[status.safe] ?? []) {
      const object = resource === 'routing' ? world.routing : world.stable;
      Object.assign(object, patch, { epoch: status.epoch, version: object.version + 1 });
      world.asked.add((patch as { image?: Sha256 }).image ?? plan.from);
      world.check(`the watchdog: ${resource}`);
    }
    shelf.commands = [{ id: `watchdog-${status.epoch}`, word: 'abandoned', by: 'nobody was heard for too long' }];
    beat = `${shelf.lease.until} ${shelf.version}`;
    quietSince = time.now;
  }
}
