import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import type { Writer } from '@tillgate/kubernetes';
import { until } from '@tillgate/testbed';
import { rollbackOf } from '../from-policy.ts';
import { phaseOf } from '../phase.ts';
import { Refused } from '../ports.ts';
import type { CanaryInput } from '../strategies/canary.ts';
import { type DeliveryBed, needDeliveryBed, startDeliveryBed, writerAs } from './bed.test-kit.ts';
import { configured } from './configured.test-kit.ts';
import { MANAGER, stateName } from './names.ts';
import type { Keyed } from './objects.ts';
import { beginOn, deliver, type Rig, rigFor } from './rig.test-kit.ts';
import { CONTAINER, MEMBER, makeScene, odoo, type Scene } from './scene.test-kit.ts';
import { planFor } from './scene-plan.test-kit.ts';

const tools = await needDeliveryBed();

// On a machine that is busy with other things a release takes as long as it takes.
jest.setTimeout(600_000);

let bed: DeliveryBed;

/** No evidence is asked for, and nobody waits long. */
const BRIEF: Partial<CanaryInput> = {
  shares: [{ share: 2_500, forMs: 1_500, maxMs: 60_000, analysis: false, sessions: null }],
};

const heard = (rig: Rig, what: string) =>
  until(`${what} is said`, () => rig.said.some((one) => one.includes(what)), 90_000);
const reached = (step: string) => `"what":"reached","lane":"all","step":"${step}"`;

beforeAll(async () => {
  if (tools) bed = await startDeliveryBed();
});
afterAll(() => bed?.stop());

const ROOMY = { workers: 2, cronThreads: 1, perProcess: 4, room: 400 };

/** What must be said of a place that cannot be delivered to, and how it is made such a place. */
const REFUSALS: [string, RegExp, (scene: Scene, platform: Writer) => Promise<unknown>, Partial<CanaryInput>?][] = [
  ['a workload that is not there', /There is no Deployment .*gone/, async () => {}, {}],
  [
    'a StatefulSet',
    /is a StatefulSet: .*as a Deployment/,
    (scene, platform) =>
      platform.create({ kind: 'StatefulSet', namespace: scene.namespace, name: 'gone' }, {
        spec: {
          serviceName: 'gone',
          selector: { matchLabels: { app: 'set' } },
          template: {
            metadata: { labels: { app: 'set' } },
            spec: { containers: [{ name: 'main', image: 'example.test/web:1' }] },
          },
        },
      } as object),
  ],
  [
    'a workload scaled to nothing',
    /scaled to nothing/,
    (scene, platform) => platform.patch(odoo(scene), 'merge', { spec: { replicas: 0 } }),
  ],
  [
    'an autoscaler at its limit',
    /at its limit of 3 pods/,
    async (scene) => {
      await bed.cluster.kubectl([
        'autoscale',
        'deployment',
        'odoo',
        '--min=1',
        '--max=3',
        '--cpu-percent=50',
        '-n',
        scene.namespace,
      ]);
      const status = { status: { desiredReplicas: 3, currentReplicas: 3 } };
      await bed.cluster.kubectl([
        'patch',
        'hpa',
        'odoo',
        '-n',
        scene.namespace,
        '--subresource=status',
        '--type=merge',
        '-p',
        JSON.stringify(status),
      ]);
    },
  ],
  [
    'a pod template that was changed since the record was signed',
    /was changed since the record was signed/,
    (scene, platform) =>
      platform.patch(odoo(scene), 'merge', { spec: { template: { metadata: { annotations: { changed: 'yes' } } } } }),
  ],
  [
    'a workload whose pods may all be away while they are replaced',
    /all pods of Deployment .*odoo \(1\) could be away at once.*"Recreate"/,
    (scene, platform) =>
      platform.patch(odoo(scene), 'merge', { spec: { strategy: { type: 'Recreate', rollingUpdate: null } } }),
  ],
  [
    'a workload that updates its database by starting',
    /would update its database by starting/,
    (scene, platform) =>
      platform.patch(odoo(scene), 'json', [
        { op: 'add', path: '/spec/template/spec/containers/0/args', value: ['-u', 'all'] },
      ]),
  ],
  [
    'a candidate that is there already, whatever it calls itself',
    /There is a Service .*odoo-candidate already/,
    (scene, platform) =>
      platform.create({ kind: 'Service', namespace: scene.namespace, name: 'odoo-candidate' }, {
        metadata: { labels: { 'tillgate.dev/track': 'candidate' } },
        spec: { selector: { app: 'spy' }, ports: [{ port: 8069 }] },
      } as object),
  ],
  [
    'a route by the name of the candidate that nobody who delivers has made',
    /There is an IngressRoute .*odoo-candidate already/,
    (scene, platform) =>
      platform.create({ kind: 'IngressRoute', namespace: scene.namespace, name: 'odoo-candidate' }, {
        spec: { routes: [{ kind: 'Rule', match: 'Host(`a.test`)', services: [{ name: 'spy', port: 80 }] }] },
      } as object),
  ],
  [
    'an image that somebody else owns',
    /The image of container "shop" .* belongs to "argocd-controller"/,
    (scene) =>
      writerAs(bed, 'argocd-controller').apply(odoo(scene), {
        spec: { template: { spec: { containers: [{ name: CONTAINER, image: scene.images[scene.from] }] } } },
      }),
  ],
  [
    'weights that somebody else owns',
    /spec.weighted.services of TraefikService .* belongs to "argocd-controller"/,
    (scene) =>
      writerAs(bed, 'argocd-controller').apply(
        { kind: 'TraefikService', namespace: scene.namespace, name: 'odoo' },
        { spec: { weighted: { services: [MEMBER] } } },
      ),
  ],
  [
    'a route that leads past the weights',
    /does not lead to TraefikService/,
    (scene, platform) =>
      platform.patch({ kind: 'IngressRoute', namespace: scene.namespace, name: 'odoo' }, 'merge', {
        spec: { routes: [{ kind: 'Rule', match: 'Host(`a.test`)', services: [{ name: 'odoo', port: 8069 }] }] },
      }),
  ],
  [
    'websockets by a Service of their own',
    /PathPrefix\(`\/websocket`\) of IngressRoute .*odoo leads to the Service "odoo-longpolling".*port of the Service "odoo"/,
    async (scene, platform) => {
      const { namespace } = scene;
      await platform.create({ kind: 'Service', namespace, name: 'odoo-longpolling' }, {
        spec: { selector: { app: 'odoo', 'tillgate.dev/track': 'stable' }, ports: [{ port: 8072 }] },
      } as object);
      // A Service of something else may be led to.
      await platform.create({ kind: 'Service', namespace, name: 'static' }, {
        spec: { selector: { app: 'static' }, ports: [{ port: 80 }] },
      } as object);
      const rule = (match: string, service: object) => ({ kind: 'Rule', match, services: [service] });
      await platform.patch({ kind: 'IngressRoute', namespace, name: 'odoo' }, 'merge', {
        spec: {
          routes: [
            rule('PathPrefix(`/static`)', { name: 'static', port: 80 }),
            rule('PathPrefix(`/websocket`)', { name: 'odoo-longpolling', port: 8072 }),
            rule('Host(`a.test`)', { kind: 'TraefikService', name: 'odoo' }),
          ],
        },
      });
    },
  ],
  [
    'a route that keeps no sessions together',
    /keeps no sessions together/,
    (scene) =>
      writerAs(bed, MANAGER).patch({ kind: 'TraefikService', namespace: scene.namespace, name: 'odoo' }, 'merge', {
        spec: { weighted: { sticky: null } },
      }),
  ],
  [
    'a route that tells versions and pods by one cookie',
    /tells versions apart by the cookie "lane", and pods too/,
    (scene) =>
      writerAs(bed, MANAGER).patch({ kind: 'TraefikService', namespace: scene.namespace, name: 'odoo' }, 'merge', {
        spec: { weighted: { services: [{ ...MEMBER, sticky: { cookie: { name: 'lane' } } }] } },
      }),
  ],
  [
    'a route that binds sessions to pods that stay ready until they end',
    /binds sessions to single pods by the cookie "pod".*stay ready until they end.*requests are lost/,
    (scene) =>
      writerAs(bed, MANAGER).patch({ kind: 'TraefikService', namespace: scene.namespace, name: 'odoo' }, 'merge', {
        spec: { weighted: { services: [{ ...MEMBER, sticky: { cookie: { name: 'pod' } } }] } },
      }),
  ],
  [
    'an HTTPRoute, where clients have sessions',
    /HTTPRoute .* keeps no sessions together/,
    async () => {},
    { shared: { sessions: { in: 'store', env: 'SESSION_STORE' }, connections: ROOMY } },
  ],
  [
    'sessions of which nobody has said where they are',
    /Nobody has said where sessions are kept/,
    async () => {},
    { shared: { sessions: null, connections: ROOMY } },
  ],
  [
    'sessions that are said to be in a store of which the pods know nothing',
    /has no such variable: its sessions lie on each pod/,
    (scene, platform) =>
      platform.patch({ kind: 'ConfigMap', namespace: scene.namespace, name: 'odoo-config' }, 'merge', {
        data: { SESSION_STORE: null },
      }),
  ],
  [
    'connections that nobody has counted',
    /Nobody has looked how many connections/,
    async () => {},
    { shared: { sessions: { in: 'nowhere' }, connections: null } },
  ],
  [
    'a database that has no room for both versions',
    // (1 stable + 1 while it is replaced + 1 of the candidate) x (2 workers + 1 for jobs + 1 for websockets) x 4
    /3 x 16 = 48 connections to the database, which has room for 47/,
    async () => {},
    { shared: { sessions: { in: 'nowhere' }, connections: { ...ROOMY, room: 47 } } },
  ],
  [
    'selectors that contradict each other',
    /NetworkPolicy track chooses the stable pods by the label tillgate.dev\/track/,
    (scene, platform) =>
      platform.create({ kind: 'NetworkPolicy', namespace: scene.namespace, name: 'track' }, {
        spec: { podSelector: { matchLabels: { 'tillgate.dev/track': 'stable' } } },
      } as object),
  ],
];

/** Why a place that was spoilt in this way is refused; side by side, because most of it is waiting for pods. */
async function refusal(name: string, spoil: (typeof REFUSALS)[number][2], changes: Partial<CanaryInput> = {}) {
  const scene = await makeScene(bed, {
    replicas: name.includes('limit') ? 3 : 1,
    by: name.includes('HTTPRoute') ? 'httproute' : 'traefik',
  });
  const gone = name.includes('not there') || name.includes('StatefulSet');
  const workload = { namespace: scene.namespace, deployment: 'gone', container: CONTAINER };
  const plan = await planFor(bed, scene, gone ? { workload } : changes);
  await spoil(scene, writerAs(bed, 'platform'));
  return rigFor(bed, scene, plan)
    .target.before()
    .then(
      () => 'it was not refused',
      (cause: unknown) => cause,
    );
}

(tools ? describe : describe.skip)('a delivery refuses', () => {
  const refusals = new Map<string, Promise<unknown>>();
  beforeAll(() => {
    const free: Promise<unknown>[] = [1, 2, 3, 4].map(async () => {});
    REFUSALS.forEach(([name, , spoil, changes], index) => {
      const lane = index % free.length;
      const told = (free[lane] as Promise<unknown>).then(() => refusal(name, spoil, changes));
      refusals.set(name, told);
      free[lane] = told.catch(() => {});
    });
  });

  it.each(REFUSALS)('%s', async (name, ...[told]) => {
    const cause = await refusals.get(name);
    expect(cause).toBeInstanceOf(Refused);
    expect((cause as Refused).message).toMatch(told);
  });

  it('what runs already, a second release, and a state that it cannot read', async () => {
    const scene = await makeScene(bed, { replicas: 1 });
    const plan = await planFor(bed, scene);
    const rig = rigFor(bed, scene, plan);
    await beginOn(rig);
    await expect(beginOn(rigFor(bed, scene, { ...plan, deadlineMs: plan.deadlineMs + 1 }))).rejects.toThrow(
      'has not ended',
    );
    const ref = { kind: 'ConfigMap', namespace: scene.namespace, name: stateName('odoo') } as const;
    const hand = writerAs(bed, 'kubectl-edit');
    const load = () => rig.driving.store.load();
    const status = JSON.parse((await hand.read<Keyed>(ref))?.data?.status ?? '');
    await hand.patch(ref, 'merge', { data: { status: JSON.stringify({ ...status, schema: 2 }) } });
    await expect(load()).rejects.toThrow('a newer one');
    await hand.patch(ref, 'merge', { data: { status: '{' } });
    await expect(load()).rejects.toThrow('not JSON');
    await hand.patch(ref, 'merge', { data: { status: JSON.stringify(status), more: 'x'.repeat(300_000) } });
    await expect(load()).rejects.toThrow('at most');
    const other = await makeScene(bed, { replicas: 1 });
    const reversed = { ...(await planFor(bed, other)), from: other.to, to: other.from };
    await expect(rigFor(bed, other, reversed).target.before()).rejects.toThrow('already');
  });
});

(tools ? describe : describe.skip)('configuration that changes on the way', () => {
  it('is not promoted untried, and a rollback brings back what it was, with the old image', async () => {
    const scene = await makeScene(bed, { replicas: 1 });
    const platform = writerAs(bed, 'platform');
    const { namespace } = scene;
    const set = (WORKERS: string) =>
      platform.patch({ kind: 'ConfigMap', namespace, name: 'odoo-config' }, 'merge', { data: { WORKERS } });
    const plan = await planFor(bed, scene, { ...BRIEF, watchMs: 200 });

    const untried = rigFor(bed, scene, plan);
    await beginOn(untried);
    const driven = untried.drive();
    await heard(untried, reached('25 %'));
    await set('16');
    const { status } = await driven;
    expect(phaseOf(plan, status)).toBe('returned');
    expect(status.decided).toMatchObject({
      by: 'refused',
      reason: expect.stringContaining('odoo-config changed since'),
    });
    expect(await configured(bed, scene)).toEqual({ image: scene.from, workers: ['16', '16', '16'] });

    const started = await deliver(rigFor(bed, scene, plan));
    expect(phaseOf(plan, started.status)).toBe('promoted');
    expect(await configured(bed, scene)).toEqual({ image: scene.to, workers: ['16', '16', '16'] });
    await set('64');
    const back = rollbackOf(plan);
    const rollback = rigFor(bed, scene, back);
    expect(phaseOf(back, (await deliver(rollback)).status)).toBe('returned');
    expect(await rollback.target.reconfigured(started.status.before)).toEqual([]);
    expect(await configured(bed, scene)).toEqual({ image: scene.from, workers: ['16', '16', '16'] });
    // Nothing of somebody else was written: the next apply of the workload brings his own again.
    expect((await platform.read<Keyed>({ kind: 'ConfigMap', namespace, name: 'odoo-config' }))?.data?.WORKERS).toBe(
      '64',
    );
  });
});
