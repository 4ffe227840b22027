import { expect, it } from '@jest/globals';
import type { Ref, Writer } from '@tillgate/kubernetes';
import { digestOf } from '@tillgate/release';
import type { Plan } from '../plan.ts';
import { candidateBeside } from './beside.ts';
import { contentDigest, pinnedName } from './configuration.ts';
import { memoryWriter } from './memory-writer.test-kit.ts';
import type { Service } from './objects.ts';
import type { World } from './world.ts';

const namespace = 'shop';
const CONF: Ref = { kind: 'ConfigMap', namespace, name: 'conf' };
const data = { db: 'main' };
const COPY: Ref = {
  kind: 'ConfigMap',
  namespace,
  name: pinnedName('conf', contentDigest({ metadata: { name: 'conf' }, data })),
};
const CANDIDATE: Ref = { kind: 'Deployment', namespace, name: 'odoo-candidate' };
const plan = { workload: { namespace, deployment: 'odoo', container: 'odoo' } } as unknown as Plan;
const main: Service = { metadata: { name: 'odoo' }, spec: { selector: { app: 'odoo' }, ports: [{ port: 8069 }] } };
const world = {
  stable: {
    metadata: { name: 'odoo', namespace },
    spec: {
      selector: { matchLabels: { app: 'odoo', 'tillgate.dev/track': 'stable' } },
      template: {
        metadata: { labels: { app: 'odoo', 'tillgate.dev/track': 'stable' } },
        spec: { containers: [{ name: 'odoo', image: 'x', envFrom: [{ configMapRef: { name: 'conf' } }] }] },
      },
    },
  },
} as unknown as World;

async function made(copy?: object) {
  const { writer, objects } = memoryWriter();
  objects.put(CONF, { metadata: { name: CONF.name }, data });
  if (copy) objects.put(COPY, { metadata: { name: COPY.name }, ...copy });
  const beside = candidateBeside({ ...writer, list: async () => [] } as unknown as Writer, plan);
  const wanted = { image: digestOf('new'), reference: `r@${digestOf('new')}`, replicas: 1 };
  await beside.set(world, main, wanted, 1);
  return objects;
}

it('makes a candidate with a copy of its configuration, and takes the same copy for its own', async () => {
  for (const left of [undefined, { immutable: true, data }])
    expect((await made(left)).at(COPY)).toMatchObject({ immutable: true, data });
});

it.each([
  ['holds something else', { immutable: true, data: { db: 'of a thief' } }],
  ['can still be changed', { data }],
])('takes no copy that %s: it was planted, and no candidate is made', async (_, copy) => {
  await expect(made(copy)).rejects.toThrow('does not hold what its name says');
});

it('makes the candidate last', async () => {
  expect((await made()).at(CANDIDATE)).toBeDefined();
});
