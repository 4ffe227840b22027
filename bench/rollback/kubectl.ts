import type { DeliveryBed } from '../../packages/delivery/src/cluster/bed.test-kit.ts';
import { CONTAINER, makeScene } from '../../packages/delivery/src/cluster/scene.test-kit.ts';
import { startPeople } from '../../packages/delivery/src/cluster/visitors.test-kit.ts';
import { type Back, backAfter } from './back.ts';
import { rested, type Under } from './canary.ts';

/** A Deployment that was rolled out, and `kubectl rollout undo`: it knows no canary, so everybody has the new version. */
export async function rollBackByKubectl(bed: DeliveryBed, { perSecond, ...pods }: Under): Promise<Back> {
  const scene = await makeScene(bed, pods);
  const here = ['-n', scene.namespace];
  const status = ['rollout', 'status', 'deployment/odoo', '--timeout=120s', ...here];
  const people = await startPeople(bed, scene, { arrivals: { pattern: 'constant', perSecond } });
  const image = `${CONTAINER}=${scene.images[scene.to]}`;
  await bed.cluster.kubectl(['set', 'image', 'deployment/odoo', image, ...here]);
  await bed.cluster.kubectl(status);
  await rested(); // pods that were leaving have left
  const called = Date.now();
  await bed.cluster.kubectl(['rollout', 'undo', 'deployment/odoo', ...here]);
  await bed.cluster.kubectl(status);
  await rested();
  return backAfter(await people.stop(), scene.to, { called });
}
