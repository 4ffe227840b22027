import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { AnalysisPlan, Reading } from '@tillgate/analysis';
import { prometheusClient } from '@tillgate/analysis/prometheus';
import { silentLog } from '@tillgate/host';
import { openWriter, podTemplateDigest, type Writer } from '@tillgate/kubernetes';
import { digestOf, type Sha256 } from '@tillgate/release';
import {
  behave,
  type Cluster,
  type Load,
  type LoadOptions,
  type Prometheus,
  type Row,
  type ShopBehaviour,
  shopRuntime,
  startCluster,
  startLoad,
  startPrometheus,
  startTraefik,
  type Traefik,
  until,
} from '@tillgate/testbed';
import { begin, escapeOf } from '../begin.ts';
import { type Driven, type Driving, drive } from '../drive/drive.ts';
import type { Plan, RouterPlan } from '../plan.ts';
import type { Status } from '../status.ts';
import { type CanaryInput, compileCanary } from '../strategies/canary.ts';
import { prometheusCounts } from './counts.ts';
import { environmentObject } from './environment.ts';
import { MANAGER } from './names.ts';
import type { Deployment } from './objects.ts';
import { permitOffice } from './permits.ts';
import { clusterStore, escapeText } from './store.ts';
import { type ClusterTarget, clusterTarget, type TargetOptions } from './target.ts';

/** A cluster with a router, and what counts. One for a test file. */
export interface DeliveryBed {
  cluster: Cluster;
  traefik: Traefik;
  prometheus: Prometheus;
  kubeconfig: string;
}

export async function startDeliveryBed(
  users: readonly { name: string; groups?: readonly string[] }[] = [],
  throttle = '100ms',
  runtime = shopRuntime,
): Promise<DeliveryBed> {
  const cluster = await startCluster({ runtimes: [runtime], users });
  const [traefik, prometheus] = await Promise.all([
    startTraefik({ cluster, throttle }),
    startPrometheus({
      bed: cluster.bed,
      intervalSeconds: 1,
      scrape: [{ job: 'shops', pods: { of: cluster } }],
    }),
  ]);
  return { cluster, traefik, prometheus, kubeconfig: await readFile(cluster.kubeconfig, 'utf8') };
}

/** A shop in a namespace of its own: a workload, a route, and two images that it can run. */
export interface Scene {
  namespace: string;
  host: string;
  from: Sha256;
  to: Sha256;
  images: Record<Sha256, string>;
  router: RouterPlan;
  replicas: number;
}

export const CONTAINER = 'shop';
const ROUTES: Record<RouterPlan['by'], RouterPlan> = {
  traefik: {
    by: 'traefik',
    traefikService: 'odoo',
    ingressRoute: 'odoo',
    testers: { by: 'header', name: 'X-Tester', value: 'yes' },
  },
  httproute: { by: 'httproute', httpRoute: 'odoo', testers: { by: 'header', name: 'X-Tester', value: 'yes' } },
};

export interface SceneOptions {
  by?: RouterPlan['by'];
  replicas?: number;
  /** How the new image behaves. */
  candidate?: ShopBehaviour;
  stable?: ShopBehaviour;
  /** The last part of the new image's name tells KWOK what becomes of its pods, where no process is started. */
  candidateImage?: string;
  environment?: Record<string, string>;
  /** Something else than a shop: the name of its image, and what its pods are told. */
  other?: { image: string; env: (from: Sha256, to: Sha256) => readonly { name: string; value: string }[] };
}

/** As an owner would: each through the field manager that it has in life. */
export const writerAs = (bed: DeliveryBed, manager: string): Writer => openWriter(bed.kubeconfig, { manager });

/** With the rights of one user and no others. */
export const writerOf = async (bed: DeliveryBed, user: string): Promise<Writer> =>
  openWriter(await readFile(await bed.cluster.kubeconfigOf(user), 'utf8'), { manager: MANAGER });

export async function makeScene(bed: DeliveryBed, options: SceneOptions = {}): Promise<Scene> {
  const { by = 'traefik', replicas = 3 } = options;
  const namespace = `shop-${randomBytes(3).toString('hex')}`;
  const [from, to] = [digestOf(`${namespace} old`), digestOf(`${namespace} new`)];
  const images = {
    [from]: `${options.other?.image ?? `example.test/${namespace}/odoo-shop`}@${from}`,
    [to]: `${options.candidateImage ?? options.other?.image ?? `example.test/${namespace}/odoo-shop`}@${to}`,
  };
  await Promise.all([
    behave(bed.cluster.bed, images[from] as string, options.stable ?? {}),
    behave(bed.cluster.bed, images[to] as string, options.candidate ?? {}),
  ]);
  await bed.cluster.kubectl(['create', 'namespace', namespace]);
  const scene: Scene = { namespace, host: `${namespace}.test`, from, to, images, router: ROUTES[by], replicas };
  const [platform, ours] = [writerAs(bed, 'platform'), writerAs(bed, MANAGER)];
  const ref = (kind: Parameters<Writer['apply']>[0]['kind'], name: string) => ({ kind, namespace, name });
  const image = images[from] as string;
  await platform.apply(ref('ConfigMap', 'odoo-config'), { data: { WORKERS: '2' } });
  await platform.apply(ref('Secret', 'odoo-secret'), { stringData: { password: 'opaque' } });
  await platform.apply(ref('Deployment', 'odoo'), workload(replicas, options.other?.env(from, to) ?? [], image));
  // The image is handed over: given to Tillgate, then left out by its first owner.
  await ours.apply(ref('Deployment', 'odoo'), {
    spec: { template: { spec: { containers: [{ name: CONTAINER, image }] } } },
  });
  await platform.apply(ref('Deployment', 'odoo'), workload(replicas, options.other?.env(from, to) ?? []));
  await platform.apply(ref('Service', 'odoo'), {
    spec: {
      selector: { app: 'odoo', 'tillgate.dev/track': 'stable' },
      ports: [
        { name: 'http', port: 8069, targetPort: 8069 },
        { name: 'websocket', port: 8072, targetPort: 8069 },
      ],
    },
  });
  await platform.apply(ref('PodDisruptionBudget', 'odoo'), {
    spec: { minAvailable: 1, selector: { matchLabels: { app: 'odoo', 'tillgate.dev/track': 'stable' } } },
  });
  await platform.apply(ref('NetworkPolicy', 'odoo'), { spec: { podSelector: { matchLabels: { app: 'odoo' } } } });
  await platform.apply(ref('ConfigMap', 'tillgate-environment'), {
    data: {
      environment: 'production',
      policy: digestOf('policy'),
      keys: '{}',
      head: JSON.stringify({ sequence: 1, digest: digestOf(`${namespace} record`) }),
      ...options.environment,
    },
  });
  if (by === 'traefik') {
    await ours.apply(ref('TraefikService', 'odoo'), {
      spec: {
        weighted: {
          services: [{ name: 'odoo', port: 8069, weight: 1 }],
          sticky: { cookie: { name: 'lane', path: '/' } },
        },
      },
    });
    await platform.apply(ref('IngressRoute', 'odoo'), {
      spec: {
        entryPoints: ['web'],
        routes: [
          {
            kind: 'Rule',
            match: `Host(\`${scene.host}\`) && PathPrefix(\`/websocket\`)`,
            services: [{ name: 'odoo', port: 8072 }],
          },
          {
            kind: 'Rule',
            match: `Host(\`${scene.host}\`) && PathPrefix(\`/jsonrpc\`)`,
            services: [{ name: 'odoo', port: 8069 }],
          },
          { kind: 'Rule', match: `Host(\`${scene.host}\`)`, services: [{ name: 'odoo', kind: 'TraefikService' }] },
        ],
      },
    });
  } else {
    await platform.apply(ref('HTTPRoute', 'odoo'), {
      spec: { parentRefs: [{ name: 'web', namespace: 'traefik' }], hostnames: [scene.host] },
    });
    await ours.apply(ref('HTTPRoute', 'odoo'), {
      spec: { rules: [{ backendRefs: [{ name: 'odoo', port: 8069, weight: 1 }] }] },
    });
    // The API server fills in a rule where there is none, and says that the platform owns it.
    await release(bed, namespace);
  }
  await bed.cluster.kubectl(['rollout', 'status', 'deployment/odoo', '-n', namespace, '--timeout=120s']);
  await until('the route leads somewhere', async () => [200, 303].includes((await ask(bed, scene, '/')).status));
  return scene;
}

/** Takes the platform's name off the rules of a route, as handing a field over does. */
async function release(bed: DeliveryBed, namespace: string): Promise<void> {
  const ref = { kind: 'HTTPRoute', namespace, name: 'odoo' } as const;
  const platform = writerAs(bed, 'platform');
  const { host } = { host: `${namespace}.test` };
  await platform.apply(ref, { spec: { parentRefs: [{ name: 'web', namespace: 'traefik' }], hostnames: [host] } });
}

function workload(replicas: number, env: readonly object[], image?: string): object {
  const labels = { app: 'odoo', 'tillgate.dev/track': 'stable' };
  return {
    metadata: { labels: { app: 'odoo', 'argocd.argoproj.io/instance': 'shop' } },
    spec: {
      replicas,
      selector: { matchLabels: labels },
      strategy: { rollingUpdate: { maxUnavailable: 0, maxSurge: 1 } },
      template: {
        metadata: { labels, annotations: { 'prometheus.io/scrape': 'true', 'prometheus.io/port': '8069' } },
        spec: {
          terminationGracePeriodSeconds: 20,
          // Every way in which pods take configuration: a candidate has its own copy of each.
          volumes: [
            { name: 'config', configMap: { name: 'odoo-config' } },
            { name: 'secret', secret: { secretName: 'odoo-secret' } },
            {
              name: 'both',
              projected: { sources: [{ configMap: { name: 'odoo-config' } }, { secret: { name: 'odoo-secret' } }] },
            },
            { name: 'scratch', emptyDir: {} },
          ],
          containers: [
            {
              name: CONTAINER,
              ...(image !== undefined && { image }),
              args: ['odoo'],
              ports: [{ name: 'http', containerPort: 8069 }],
              readinessProbe: { httpGet: { path: '/web/health', port: 8069 }, periodSeconds: 1 },
              lifecycle: { preStop: { sleep: { seconds: 2 } } },
              envFrom: [{ configMapRef: { name: 'odoo-config' } }],
              env: [
                { name: 'PASSWORD', valueFrom: { secretKeyRef: { name: 'odoo-secret', key: 'password' } } },
                ...env,
              ],
            },
          ],
        },
      },
    },
  };
}

export interface Answered {
  status: number;
  version: string;
  cookies: string[];
}

/** Whether a client did not get what it asked for: also a 404, which a router gives that knows no way. */
export const hurt = (row: Row): boolean => row.status !== 200 || row.error !== '';

/** One request from outside, as a client with these headers. */
export async function ask(
  bed: DeliveryBed,
  scene: Scene,
  path: string,
  headers: Record<string, string> = {},
): Promise<Answered> {
  const { request } = await import('node:http');
  return new Promise((resolve, reject) => {
    const asking = request({ ...bed.traefik.outside, path, headers: { host: scene.host, ...headers } }, (response) => {
      response.resume();
      resolve({
        status: response.statusCode ?? 0,
        version: String(response.headers['x-shop-version'] ?? ''),
        cookies: (response.headers['set-cookie'] ?? []).map((cookie) => cookie.split(';')[0] ?? ''),
      });
    });
    asking.on('error', reject).end();
  });
}

/** People, who come all the time. */
export function startPeople(bed: DeliveryBed, scene: Scene, more: Partial<LoadOptions> = {}): Promise<Load> {
  return startLoad({
    bed: bed.cluster.bed,
    target: bed.traefik.inside,
    file: join(bed.cluster.bed.folder, `${scene.namespace}-${randomBytes(2).toString('hex')}.load`),
    seed: 1,
    arrivals: { pattern: 'constant', perSecond: 60 },
    tenants: [{ host: scene.host }],
    requests: [
      { name: 'page', method: 'GET', path: '/shop' },
      { name: 'call', method: 'POST', path: '/web/dataset/call_kw', body: { jsonrpc: '2.0', id: 1, method: 'call' } },
    ],
    sessions: { thinkSeconds: 0.5, meanRequests: 8 },
    ...more,
  });
}

const timing = { window: 1_000, settle: 1_200, patience: 5_000, lookback: 60_000, span: 600_000 };

/** What is watched of a scene, as its pods count it. Times are those of a test: the plan's own logic does not know them. */
export function readingsOf({ namespace, from, to }: Scene): Reading[] {
  const arm = { label: 'version', candidate: to, stable: from };
  const of = `{namespace="${namespace}"}`;
  return [
    {
      metric: 'errors',
      query: `shop_requests_total${of}`,
      arm,
      counts: { kind: 'share', bad: { label: 'outcome', pattern: 'error|rpc_error' } },
    },
    {
      metric: 'latency',
      query: `shop_request_duration_seconds_bucket${of}`,
      arm,
      counts: { kind: 'buckets', slowerThan: [0.1] },
    },
    {
      metric: 'memory',
      query: `process_resident_memory_bytes${of}`,
      arm: { label: 'track', candidate: 'candidate', stable: 'stable' },
      counts: { kind: 'level', above: 150 * 2 ** 20 },
    },
  ];
}

export const ANALYSIS: AnalysisPlan = {
  metrics: [
    {
      name: 'errors',
      unit: 'requests',
      bad: 'failed',
      test: { by: 'comparison', tolerated: 1.5 },
      phi: 1,
      pass: { below: 0.1 },
    },
    {
      name: 'latency',
      unit: 'requests',
      bad: 'were slower than',
      cuts: ['0.1 s'],
      test: { by: 'comparison', tolerated: 1.5 },
      phi: 1,
    },
    {
      name: 'memory',
      unit: 'readings',
      bad: 'held more than 150 MiB',
      test: { by: 'limit', share: 0.05 },
      phi: 1,
    },
  ],
  alpha: 0.01,
  beta: 0.05,
  minimum: { seconds: 2, tenants: 0, sessions: 0 },
};

export async function planFor(bed: DeliveryBed, scene: Scene, changes: Partial<CanaryInput> = {}): Promise<Plan> {
  const found = await writerAs(bed, MANAGER).read<Deployment>({
    kind: 'Deployment',
    namespace: scene.namespace,
    name: 'odoo',
  });
  return compileCanary({
    release: digestOf(`${scene.namespace} release`),
    workload: { namespace: scene.namespace, deployment: 'odoo', container: CONTAINER },
    from: scene.from,
    to: scene.to,
    images: scene.images,
    podTemplate: found ? podTemplateDigest(found.spec.template, CONTAINER) : null,
    router: scene.router,
    testersMs: 0,
    shares: [
      { share: 2_500, forMs: 2_000, maxMs: 60_000, analysis: true, sessions: null },
      { share: 5_000, forMs: 1_000, maxMs: 60_000, analysis: true, sessions: null },
    ],
    watching: {
      analysis: ANALYSIS,
      readings: readingsOf(scene),
      timing,
      warmUpMs: 500,
      mostRestarts: 0,
      readyWithinMs: 20_000,
    },
    watchMs: 2_000,
    settleMs: 60_000,
    abandonAfterMs: 60_000,
    deadlineMs: null,
    ...changes,
  });
}

/** Everything that drives a scene. */
export interface Rig {
  plan: Plan;
  driving: Omit<Driving, 'signal'>;
  target: ClusterTarget;
  writer: Writer;
  statuses: Status[];
  said: string[];
}

export function rigFor(
  bed: DeliveryBed,
  scene: Scene,
  plan: Plan,
  more: { writer?: Writer; who?: string; target?: Partial<TargetOptions>; waitMost?: number } = {},
): Rig {
  const writer = more.writer ?? writerAs(bed, MANAGER);
  const target = clusterTarget(writer, { plan, drainMs: 1_000, ...more.target });
  const store = clusterStore(writer, {
    namespace: scene.namespace,
    deployment: 'odoo',
    record: 'record',
    who: more.who ?? `test-${randomBytes(3).toString('hex')}`,
    plan,
    leaseSeconds: 2,
  });
  const counts = prometheusCounts(prometheusClient({ address: bed.prometheus.outside }), {
    now: () => writer.now(),
    pods: () => target.pods(),
    warmUpMs: 500,
  });
  const permits = permitOffice(environmentObject(writer, scene.namespace), {
    record: digestOf(`${scene.namespace} record`),
    expiresAt: Date.now() + 3_600_000,
    closesAt: null,
  });
  const statuses: Status[] = [];
  const said: string[] = [];
  return {
    plan,
    target,
    writer,
    statuses,
    said,
    driving: {
      plan,
      store,
      target,
      counts,
      permits,
      log: silentLog,
      onTick(tick) {
        statuses.push(tick.status);
        for (const one of tick.said) said.push(JSON.stringify(one));
      },
      // Looked at more often than in life, so that a test is short; nothing else of time is changed.
      pace: {
        random: Math.random,
        wait: (ms, signal) =>
          sleep(Math.max(0, Math.min(ms, more.waitMost ?? 300)), undefined, signal ? { signal } : {}).catch(() => {}),
      },
    },
  };
}

/** Begins a delivery as an action does: looks at production, pins the way out, writes the first status. */
export async function beginOn(rig: Rig): Promise<Status> {
  const { plan, target, writer } = rig;
  const before = await target.before();
  const last = (await rig.driving.store.load()).found;
  const status = begin(plan, {
    record: digestOf(`${plan.workload.namespace} record`),
    before,
    escape: escapeOf(plan, target, before),
    onInconclusive: 'safe-state',
    at: await writer.now(),
    epoch: (last?.status.epoch ?? 0) + 1,
  });
  const environment = environmentObject(writer, plan.workload.namespace);
  const seen = await environment.read();
  await environment.swap(seen, {
    head: { sequence: seen.head?.sequence ?? 1, digest: seen.head?.digest ?? status.record },
    escape: digestOf(escapeText(status.escape)),
    allowed: [plan.from, plan.to],
  });
  await rig.driving.store.create(status);
  return status;
}

/** Begins and drives to the end. */
export async function deliver(rig: Rig, signal: AbortSignal = new AbortController().signal): Promise<Driven> {
  await beginOn(rig);
  return drive({ ...rig.driving, signal });
}

/** A writer that can die like its process does: nothing that it has begun ever ends. */
export function mortal(writer: Writer): { writer: Writer; die(): void } {
  let dead = false;
  const proxy = new Proxy(writer, {
    get(target, name) {
      const member = target[name as keyof Writer];
      if (typeof member !== 'function') return member;
      return (...given: unknown[]) =>
        dead ? new Promise(() => {}) : (member as (...all: unknown[]) => unknown).apply(target, given);
    },
  });
  return {
    writer: proxy,
    die() {
      dead = true;
    },
  };
}
