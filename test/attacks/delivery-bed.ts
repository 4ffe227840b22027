import { readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { digestOf } from '@tillgate/release';
import { KEY_SET_SCHEMA, type ReleaseRecord, recordDigest, signerFromPem, signRecord } from '@tillgate/signing';
import { ApiError, type Cluster, startCluster } from '@tillgate/testbed';
import { BUNDLES, newJob, type Ran, ROOT, runBundle } from '../bundles/run-bundle.ts';
import { OLD, POLICY, promoted, recordOf } from './delivery-records.ts';
import { ed25519, p256 } from './scene.ts';

/** One attempt to deliver or to roll back, of which a test changes one thing. */
export interface Attempt {
  record(record: ReleaseRecord): ReleaseRecord;
  /** The bytes that are handed over; by default the record signed with the environment's own key. */
  sign(record: ReleaseRecord): Promise<Uint8Array>;
  /** What travels after it was signed. */
  travel(file: Uint8Array): Uint8Array;
  /** What the environment's key set says of the key of releases, and of that of acts. */
  keyEntry: Record<string, unknown>;
  actKeyEntry: Record<string, unknown>;
  environment(data: Record<string, string>, file: Uint8Array): Record<string, string> | undefined;
  /** The state object that lies there. */
  state(file: Uint8Array): Record<string, string> | undefined;
  inputs: Record<string, string>;
}

/** What came of one. */
interface Attempted extends Ran {
  /** Lines that the runner shows as errors. */
  errors: string;
  /** Whether production is as it was: workloads, services, routes, secrets, leases, state and environment. */
  untouched: boolean;
  environment: Record<string, string>;
}

const WHOLE: Attempt = {
  record: (record) => record,
  sign: (record) => signRecord(record, signerFromPem(ed25519.pem)),
  travel: (file) => file,
  keyEntry: ed25519.entry,
  actKeyEntry: { ...p256.entry, kinds: ['delivery', 'recovery'] },
  environment: (data) => data,
  state: () => undefined,
  inputs: {},
};

/** The head of an environment whose newest record is this. */
export const head = (file: Uint8Array, sequence = 1) => JSON.stringify({ sequence, digest: recordDigest(file) });

/** What each action finds where nothing is wrong: a release that may begin, and one that was promoted. */
const FOUND = {
  'canary-deploy': { ...WHOLE, inputs: { record: 'record.json' } },
  rollback: {
    ...WHOLE,
    environment: (data: Record<string, string>, file: Uint8Array) => ({ ...data, head: head(file) }),
    state: promoted,
    inputs: { reason: 'wrong prices', confirm: 'production', execute: 'true' },
  },
} satisfies Record<string, Attempt>;

export type Attacked = keyof typeof FOUND;

/** A cluster of two Deployments, against which the shipped bundles are run. */
export async function startBed() {
  const cluster = await startCluster();
  const kubeconfig = readFileSync(cluster.kubeconfig, 'utf8');
  await cluster.kubectl(['create', 'namespace', 'shop']);
  await cluster.kubectl(['apply', '-f', '-'], workload('odoo', 2));
  await cluster.kubectl(['apply', '-f', '-'], workload('idle', 0));
  await cluster.kubectl(['apply', '-f', '-'], routers());
  await cluster.kubectl(['wait', '--for=condition=Established', 'crd', '--all', '--timeout=110s']);
  await cluster.kubectl(['apply', '-f', '-'], readFileSync(join(ROOT, 'deploy', 'route-traefik.yaml'), 'utf8'));
  await cluster.kubectl(['rollout', 'status', 'deployment/odoo', '--namespace=shop', '--timeout=110s']);
  const good = await recordOf(cluster);
  return {
    good,
    stop: () => cluster.stop(),
    attempt: (action: Attacked, changed: Partial<Attempt> = {}) =>
      attempt({ cluster, kubeconfig, good }, action, changed),
  };
}

interface Place {
  cluster: Cluster;
  kubeconfig: string;
  good: ReleaseRecord;
}

async function attempt({ cluster, kubeconfig, good }: Place, action: Attacked, changed: Partial<Attempt>) {
  const found = FOUND[action];
  const one: Attempt = { ...found, ...changed, inputs: { ...found.inputs, ...changed.inputs } };
  const bundle = BUNDLES.find((each) => each.action === action);
  if (!bundle) throw new Error(`There is no bundle of ${action}.`);
  const job = await newJob();
  try {
    const signed = await one.sign(one.record(structuredClone(good)));
    const file = one.travel(signed);
    const keys = {
      schema: KEY_SET_SCHEMA,
      environments: [{ name: 'production', test: true }],
      keys: [one.keyEntry, one.actKeyEntry],
    };
    const said = { environment: 'production', policy: digestOf(POLICY), keys: JSON.stringify(keys), head: '' };
    await put(cluster, 'tillgate-environment', one.environment(said, file));
    await put(cluster, 'tillgate-delivery-odoo', one.state(file));
    await writeFile(join(job.workspace, 'record.json'), file);
    const before = await production(cluster);
    const ran = await runBundle(bundle, job, {
      inputs: {
        namespace: 'shop',
        workload: 'deployment/odoo',
        kubeconfig,
        'signing-key': p256.pem,
        'github-token': 'ghs_nobodynobodynobody',
        ...one.inputs,
      },
    });
    const { 'record.json': _, ...left } = ran.left;
    const errors = ran.log.split('\n').filter((line) => line.startsWith('::error'));
    return {
      ...ran,
      left,
      errors: errors.join('\n'),
      untouched: (await production(cluster)) === before,
      environment: (await read(cluster, 'tillgate-environment')) ?? {},
    } satisfies Attempted;
  } finally {
    await job.remove();
  }
}

const CONFIG_MAPS = '/api/v1/namespaces/shop/configmaps';

/** Everything that a delivery would touch, with versions. */
async function production({ api }: Cluster): Promise<string> {
  const paths = [
    '/apis/apps/v1/namespaces/shop/deployments',
    '/api/v1/namespaces/shop/services',
    '/apis/coordination.k8s.io/v1/namespaces/shop/leases',
    '/apis/traefik.io/v1alpha1/namespaces/shop/traefikservices',
    '/apis/traefik.io/v1alpha1/namespaces/shop/ingressroutes',
    '/api/v1/namespaces/shop/secrets',
    CONFIG_MAPS,
  ];
  const lists = await Promise.all(
    paths.map((path) => api.get<{ items: { metadata: { name: string; resourceVersion: string } }[] }>(path)),
  );
  return lists
    .map(({ items }) => items.map(({ metadata }) => `${metadata.name} ${metadata.resourceVersion}`).join())
    .join('\n');
}

async function put({ api }: Cluster, name: string, data: Record<string, string> | undefined): Promise<void> {
  await api.delete(`${CONFIG_MAPS}/${name}`).catch(unlessMissing);
  if (data) await api.post(CONFIG_MAPS, { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name }, data });
}

async function read({ api }: Cluster, name: string): Promise<Record<string, string> | undefined> {
  const found = await api
    .get<{ data?: Record<string, string> }>(`${CONFIG_MAPS}/${name}`)
    .catch((cause: Error) => unlessMissing(cause));
  return found?.data;
}

function unlessMissing(cause: Error): undefined {
  if (!(cause instanceof ApiError) || cause.status !== 404) throw cause;
  return undefined;
}

function workload(name: string, replicas: number): string {
  const labels = { app: name, 'tillgate.dev/track': 'stable' };
  const containers = [{ name: 'odoo', image: `registry.example/shop/odoo@${OLD}`, args: ['odoo'] }];
  return JSON.stringify({
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name, namespace: 'shop' },
    spec: { replicas, selector: { matchLabels: labels }, template: { metadata: { labels }, spec: { containers } } },
  });
}

/** The kinds of Traefik that a route is made of, as far as the API server must know them, and the Service behind it. */
function routers(): string {
  const kinds = [
    ['TraefikService', 'traefikservices'],
    ['IngressRoute', 'ingressroutes'],
  ] as const;
  const anything = { openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } };
  const definitions = kinds.map(([kind, plural]) => ({
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `${plural}.traefik.io` },
    spec: {
      ...{ group: 'traefik.io', scope: 'Namespaced', names: { kind, plural, singular: kind.toLowerCase() } },
      versions: [{ name: 'v1alpha1', served: true, storage: true, schema: anything }],
    },
  }));
  const service = {
    ...{ apiVersion: 'v1', kind: 'Service', metadata: { name: 'odoo', namespace: 'shop' } },
    spec: { selector: { app: 'odoo', 'tillgate.dev/track': 'stable' }, ports: [{ name: 'http', port: 8069 }] },
  };
  return JSON.stringify({ apiVersion: 'v1', kind: 'List', items: [...definitions, service] });
}
