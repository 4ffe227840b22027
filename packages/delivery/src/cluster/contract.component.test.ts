import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, jest } from '@jest/globals';
import { digestOf } from '@tillgate/release';
import { begin } from '../begin.ts';
import { storeContract } from '../contract/store-contract.test-kit.ts';
import { targetContract } from '../contract/target-contract.test-kit.ts';
import { examplePlan } from '../example-plan.test-kit.ts';
import { type DeliveryBed, needDeliveryBed, startDeliveryBed, writerAs } from './bed.test-kit.ts';
import { COMMAND, COMMAND_BY, MANAGER, stateName } from './names.ts';
import { rigFor } from './rig.test-kit.ts';
import { makeScene, scenesAhead } from './scene.test-kit.ts';
import { planFor } from './scene-plan.test-kit.ts';
import { clusterStore } from './store.ts';
import { hurt, startPeople } from './visitors.test-kit.ts';

const tools = await needDeliveryBed();

// On a machine that is busy with other things a release takes as long as it takes.
jest.setTimeout(600_000);

let bed: DeliveryBed;
let namespaces = 0;

(tools ? describe : describe.skip)('on a real API server', () => {
  beforeAll(async () => {
    bed = await startDeliveryBed();
  });
  afterAll(() => bed?.stop());

  storeContract('in a ConfigMap and a Lease', async () => {
    const namespace = `store-${namespaces++}`;
    await bed.cluster.kubectl(['create', 'namespace', namespace]);
    const plan = examplePlan();
    const where = { namespace, deployment: 'odoo', record: 'record', plan };
    return {
      plan,
      open: (who) => clusterStore(writerAs(bed, MANAGER), { ...where, who }),
      fresh: (epoch) =>
        begin(plan, {
          record: digestOf('record'),
          before: { image: plan.from, replicas: 1, floor: 1, uid: 'uid', configuration: {}, errorShare: null },
          escape: { hold: [], stable: [{ resource: 'deployments.apps', name: 'odoo', type: 'json', patch: [] }] },
          onInconclusive: 'safe-state',
          at: 1_000,
          epoch,
        }),
      async command(word, by) {
        await writerAs(bed, 'kubectl-annotate').patch(
          { kind: 'ConfigMap', namespace, name: stateName('odoo') },
          'merge',
          {
            metadata: { annotations: { [COMMAND]: word, [COMMAND_BY]: by } },
          },
        );
      },
      pass: (ms) => sleep(ms),
      close: async () => undefined,
    };
  });

  describe.each(['traefik', 'httproute'] as const)('behind %s', (by) => {
    const nextScene = scenesAhead(() => makeScene(bed, { by, replicas: 2 }));
    targetContract('of a Deployment', async () => {
      const scene = await nextScene();
      const plan = await planFor(bed, scene);
      const people = await startPeople(bed, scene, { arrivals: { pattern: 'constant', perSecond: 40 } });
      return {
        plan,
        open: () => rigFor(bed, scene, plan).target,
        pass: (ms) => sleep(Math.min(ms, 300)),
        async requireNobodyHurt() {
          expect([...(await people.record()).rows()].filter(hurt)).toEqual([]);
        },
        async close() {
          await people.stop();
          await bed.cluster.kubectl(['delete', 'namespace', scene.namespace, '--wait=false']);
        },
      };
    });
  });
});
