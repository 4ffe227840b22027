import { describe, expect, it } from '@jest/globals';
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

describe('copies of configuration, once the candidate goes,', () => {
  const STABLE: Ref = { kind: 'Deployment', namespace, name: 'odoo' };
  const OLDER: Ref = { kind: 'ConfigMap', namespace, name: 'conf-0123456789' };
  const pinned = (...refs: Ref[]) => ({ 'tillgate.dev/pins': refs.map(({ name }) => `configmaps/${name}`).join(' ') });

  /** What is left of a newer and an older copy, when stable runs this image and takes its configuration from there. */
  async function leftWhen(image: string, from = 'conf') {
    const { writer, objects } = memoryWriter();
    const ours = { labels: { 'tillgate.dev/track': 'candidate' } };
    for (const ref of [COPY, OLDER]) objects.put(ref, { metadata: { name: ref.name, ...ours } });
    const stable = structuredClone(world.stable);
    Object.assign(stable.spec.template.spec.containers[0] ?? {}, {
      image,
      envFrom: [{ configMapRef: { name: from } }],
    });
    const beside = candidateBeside(writer, { ...plan, to: digestOf('new') });
    objects.put(STABLE, { ...stable, metadata: { ...stable.metadata, annotations: pinned(OLDER) } });
    objects.put(CANDIDATE, { metadata: { name: CANDIDATE.name, annotations: pinned(COPY) } });
    const seen = { stable: objects.at(STABLE), candidate: objects.at(CANDIDATE) } as unknown as World;
    await beside.remove(seen, 1);
    const left = [COPY, OLDER].filter((ref) => objects.at(ref)).map(({ name }) => name);
    return { left, known: objects.at(STABLE)?.metadata.annotations?.['tillgate.dev/pins'] };
  }

  it('stay where it was promoted, in place of those of the release before', async () => {
    expect(await leftWhen(`r@${digestOf('new')}`)).toEqual({ left: [COPY.name], known: `configmaps/${COPY.name}` });
  });

  it('go where it was taken back', async () => {
    expect(await leftWhen(`r@${digestOf('old')}`)).toEqual({ left: [], known: undefined });
  });

  it('stay in any case where the workload uses them', async () => {
    const left = { left: [OLDER.name], known: `configmaps/${OLDER.name}` };
    expect(await leftWhen(`r@${digestOf('old')}`, OLDER.name)).toEqual(left);
  });
});

it('makes the candidate last', async () => {
  expect((await made()).at(CANDIDATE)).toBeDefined();
});
