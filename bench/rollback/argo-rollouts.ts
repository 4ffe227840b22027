import { randomBytes } from 'node:crypto';
import type { KubeObject } from '@tillgate/kubernetes';
import { type DeliveryBed, writerAs } from '../../packages/delivery/src/cluster/bed.test-kit.ts';
import type { Scene } from '../../packages/delivery/src/cluster/scene.test-kit.ts';
import { startPeople } from '../../packages/delivery/src/cluster/visitors.test-kit.ts';
import { digestOf } from '../../packages/release/src/sha256.ts';
import { applyObjects } from '../../packages/testbed/src/traffic/version.ts';
import { until } from '../../packages/testbed/src/until.ts';
import { type Back, backAfter, momentAt } from './back.ts';
import { bothSeen, rested, type Under } from './canary.ts';

/** A canary of Argo Rollouts at 50 % behind Traefik, and its abort, as its kubectl plugin makes it: `status.abort`. */
export async function abortByArgo(bed: DeliveryBed, { perSecond, ...pods }: Under): Promise<Back> {
  const { cluster } = bed;
  const namespace = `argo-${randomBytes(3).toString('hex')}`;
  const [from, to] = [digestOf(`${namespace} old`), digestOf(`${namespace} new`)];
  const image = (digest: string) => `example.test/${namespace}/odoo-shop@${digest}`;
  const scene = { namespace, host: `${namespace}.test`, from, to } as Scene;
  await cluster.kubectl(['create', 'namespace', namespace]);
  await applyObjects(cluster, objects(namespace, scene.host, image(from), pods));
  const healthy = () =>
    cluster.kubectl([
      'get',
      'rollout',
      'shop',
      '-n',
      namespace,
      '-o',
      'jsonpath={.status.phase} {.status.canary.weights.canary.weight}',
    ]);
  await until('it is rolled out', async () => (await healthy()).startsWith('Healthy'), 180_000);
  const people = await startPeople(bed, scene, { arrivals: { pattern: 'constant', perSecond } });
  const patch = [{ op: 'replace', path: '/spec/template/spec/containers/0/image', value: image(to) }];
  await cluster.kubectl(['patch', 'rollout', 'shop', '-n', namespace, '--type=json', '-p', JSON.stringify(patch)]);
  await until('it is at 50 %', async () => (await healthy()) === 'Paused 50', 180_000);
  await bothSeen(people);
  await rested();
  const told = momentAt<Weighted>(
    writerAs(bed, 'bench'),
    { kind: 'TraefikService', namespace, name: 'shop' },
    ({ spec }) => spec.weighted.services.find(({ name }) => name === 'canary')?.weight === 0,
  );
  const called = Date.now();
  await cluster.kubectl([
    'patch',
    'rollout',
    'shop',
    '-n',
    namespace,
    '--subresource=status',
    '--type=merge',
    '-p',
    '{"status":{"abort":true}}',
  ]);
  await until('it is aborted', async () => (await healthy()).startsWith('Degraded'), 180_000);
  await rested();
  return backAfter(await people.stop(), to, { called, told: await told });
}

interface Weighted extends KubeObject {
  spec: { weighted: { services: { name: string; weight?: number }[] } };
}

function objects(
  namespace: string,
  host: string,
  image: string,
  { replicas, preStopSeconds }: Omit<Under, 'perSecond'>,
): object[] {
  const service = (name: string) => ({
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name, namespace },
    spec: { selector: { app: 'shop' }, ports: [{ name: 'http', port: 8069, targetPort: 8069 }] },
  });
  const container = {
    name: 'shop',
    image,
    ports: [{ name: 'http', containerPort: 8069 }],
    readinessProbe: { httpGet: { path: '/web/health', port: 8069 } },
    lifecycle: { preStop: { sleep: { seconds: preStopSeconds } } },
  };
  return [
    service('stable'),
    service('canary'),
    {
      apiVersion: 'traefik.io/v1alpha1',
      kind: 'TraefikService',
      metadata: { name: 'shop', namespace },
      spec: {
        weighted: {
          services: [
            { name: 'stable', port: 8069 },
            { name: 'canary', port: 8069 },
          ],
          sticky: { cookie: { name: 'lane', path: '/' } },
        },
      },
    },
    {
      apiVersion: 'traefik.io/v1alpha1',
      kind: 'IngressRoute',
      metadata: { name: 'shop', namespace },
      spec: {
        entryPoints: ['web'],
        routes: [{ kind: 'Rule', match: `Host(\`${host}\`)`, services: [{ name: 'shop', kind: 'TraefikService' }] }],
      },
    },
    {
      apiVersion: 'argoproj.io/v1alpha1',
      kind: 'Rollout',
      metadata: { name: 'shop', namespace },
      spec: {
        replicas,
        selector: { matchLabels: { app: 'shop' } },
        template: {
          metadata: { labels: { app: 'shop' } },
          spec: { terminationGracePeriodSeconds: 20, containers: [container] },
        },
        strategy: {
          canary: {
            canaryService: 'canary',
            stableService: 'stable',
            trafficRouting: { traefik: { weightedTraefikServiceName: 'shop' } },
            steps: [{ setWeight: 50 }, { pause: {} }],
          },
        },
      },
    },
  ];
}
