import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { failed, needBed } from '@tillgate/testbed';
import { phaseOf } from '../phase.ts';
import {
  type DeliveryBed,
  deliver,
  makeScene,
  planFor,
  rigFor,
  startDeliveryBed,
  startPeople,
} from './bed.test-kit.ts';

const tools = await needBed(
  'etcd',
  'kube-apiserver',
  'kube-controller-manager',
  'kube-scheduler',
  'kubectl',
  'kwok',
  'shop',
  'traefik',
  'prometheus',
);

let bed: DeliveryBed;

(tools ? describe : describe.skip)('a good release', () => {
  beforeAll(async () => {
    bed = await startDeliveryBed();
  });
  afterAll(() => bed?.cluster.stop());

  it.each(['traefik', 'httproute'] as const)('is promoted behind %s with no request lost', async (by) => {
    const scene = await makeScene(bed, { by });
    const people = await startPeople(bed, scene);
    const plan = await planFor(bed, scene);
    const rig = rigFor(bed, scene, plan);
    const driven = await deliver(rig);
    const record = await people.stop();
    process.stderr.write(`${rig.said.join('\n')}\n`);
    expect(phaseOf(plan, driven.status)).toBe('promoted');
    const bad = [...record.rows()].filter(failed);
    process.stderr.write(`${record.length} rows; bad ${bad.length} ${JSON.stringify(bad.slice(0, 5))}\n`);
    expect(bad).toEqual([]);
    expect([...record.rows()].at(-1)?.version).toBe(scene.to);
  });
});
