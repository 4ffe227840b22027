import { setTimeout as sleep } from 'node:timers/promises';
import type { DeliveryBed } from '../../packages/delivery/src/cluster/bed.test-kit.ts';
import { CONTAINER, makeScene } from '../../packages/delivery/src/cluster/scene.test-kit.ts';
import { startPeople } from '../../packages/delivery/src/cluster/visitors.test-kit.ts';
import { type Back, backAfter } from './back.ts';

/** A Deployment that was rolled out, and `kubectl rollout undo`. */
export async function rollBackByKubectl(bed: DeliveryBed, replicas: number, perSecond: number): Promise<Back> {
  const scene = await makeScene(bed, { replicas });
  const here = ['-n', scene.namespace];
  const people = await startPeople(bed, scene, { arrivals: { pattern: 'constant', perSecond } });
  await bed.cluster.kubectl([
    'set',
    'image',
    'deployment/odoo',
    `${CONTAINER}=${scene.images[scene.to as never]}`,
    ...here,
  ]);
  await bed.cluster.kubectl(['rollout', 'status', 'deployment/odoo', '--timeout=120s', ...here]);
  await sleep(3_000); // pods that were leaving have left
  const called = Date.now();
  await bed.cluster.kubectl(['rollout', 'undo', 'deployment/odoo', ...here]);
  await bed.cluster.kubectl(['rollout', 'status', 'deployment/odoo', '--timeout=120s', ...here]);
  await sleep(5_000);
  return backAfter(await people.stop(), scene, { called });
}
