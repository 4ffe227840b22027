import { randomBytes } from 'node:crypto';
import type { Writer } from '@tillgate/kubernetes';
import { digestOf, type Sha256 } from '@tillgate/release';
import { behave, type ShopBehaviour, until } from '@tillgate/testbed';
import type { RouterPlan } from '../plan.ts';
import { type DeliveryBed, writerAs } from './bed.test-kit.ts';
import { MANAGER } from './names.ts';
import { ask } from './visitors.test-kit.ts';

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
/** Everything to stable. */
export const MEMBER = { name: 'odoo', port: 8069, weight: 1 };
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
  /** The cookie by which sessions stay with one pod of their version; none unless told. */
  sticky?: string;
  /** The namespace of the Gateway `web` that an HTTPRoute is attached to; Traefik's unless told. */
  gateway?: string;
  /** What the rule of an HTTPRoute has besides. */
  rule?: object;
  /** Something else than a shop: the name of its image, and what its pods are told. */
  other?: {
    image: string;
    env: (from: Sha256, to: Sha256) => readonly { name: string; value: string }[];
    /** How long its pods may fail to answer before they are unready; as Kubernetes takes it unless told. */
    patience?: { timeoutSeconds: number; failureThreshold: number };
  };
  /** How long a pod that leaves goes on answering: longer than the router may take to hear of it. 2 unless told, 5 where it drains. */
  preStopSeconds?: number;
  /** A pod that leaves is unready from the beginning of that time, as docs/how-to/deliver.md has it. */
  drains?: boolean;
}

/** Hands out scenes, and makes the next one while the last is used: most of what it takes is waiting for pods. */
export function scenesAhead(make: () => Promise<Scene>): () => Promise<Scene> {
  let next: Promise<Scene> | undefined;
  return () => {
    const now = next ?? make();
    next = now.then(make, make);
    next.catch(() => {}); // told to whoever asks for it, if anybody does
    return now;
  };
}

export async function makeScene(bed: DeliveryBed, options: SceneOptions = {}): Promise<Scene> {
  const { by = 'traefik', replicas = 3, drains = false, preStopSeconds = drains ? 8 : 2 } = options;
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
  const { other } = options;
  const env = [...(other?.env(from, to) ?? []), ...(drains ? [POD_IP] : [])];
  const hooks = drains ? draining(preStopSeconds) : lasting(preStopSeconds, other?.patience ?? {});
  const pods = { replicas, env, hooks };
  await platform.apply(ref('ConfigMap', 'odoo-config'), { data: { WORKERS: '2', SESSION_STORE: 'redis://sessions' } });
  await platform.apply(ref('Secret', 'odoo-secret'), { stringData: { password: 'opaque' } });
  await platform.apply(ref('Deployment', 'odoo'), workload(pods, image));
  // The image is handed over: given to Tillgate, then left out by its first owner.
  await ours.apply(ref('Deployment', 'odoo'), {
    spec: { template: { spec: { containers: [{ name: CONTAINER, image }] } } },
  });
  await platform.apply(ref('Deployment', 'odoo'), workload(pods));
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
          services: [options.sticky ? { ...MEMBER, sticky: { cookie: { name: options.sticky, path: '/' } } } : MEMBER],
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
    const parentRefs = [{ name: 'web', namespace: options.gateway ?? 'traefik' }];
    const attached = { spec: { parentRefs, hostnames: [scene.host] } };
    await platform.apply(ref('HTTPRoute', 'odoo'), attached);
    await ours.apply(ref('HTTPRoute', 'odoo'), {
      spec: { rules: [{ ...options.rule, backendRefs: [{ name: 'odoo', port: 8069, weight: 1 }] }] },
    });
    // The API server fills in a rule where there is none, and says that the platform owns it: it hands that over.
    await platform.apply(ref('HTTPRoute', 'odoo'), attached);
  }
  await bed.cluster.kubectl(['rollout', 'status', 'deployment/odoo', '-n', namespace, '--timeout=120s']);
  await until('the route leads somewhere', async () => [200, 303].includes((await ask(bed, scene, '/')).status));
  return scene;
}

const POD_IP = { name: 'POD_IP', valueFrom: { fieldRef: { fieldPath: 'status.podIP' } } };

/** Pods that stay ready until they end. */
const lasting = (seconds: number, patience: { timeoutSeconds?: number; failureThreshold?: number }) => ({
  readinessProbe: { httpGet: { path: '/web/health', port: 8069 }, periodSeconds: 1, ...patience },
  lifecycle: { preStop: { sleep: { seconds } } },
});

/** What a curl in the image would do, with nothing but bash, which every machine of ours has. */
const ASKS_HEALTH =
  'exec 3<>/dev/tcp/$POD_IP/8069 && printf "GET /web/health HTTP/1.0\\r\\n\\r\\n" >&3 && read -r _ status _ <&3 && [ "$status" = 200 ]';

/** Pods that are unready before they end. Each has a folder of its own here, where a container has its own /tmp. */
const draining = (seconds: number) => ({
  readinessProbe: {
    exec: { command: ['bash', '-c', `test ! -e draining && ${ASKS_HEALTH}`] },
    periodSeconds: 1,
    // One that fails on a busy machine takes no sessions from its pod.
    failureThreshold: 3,
    timeoutSeconds: 10,
  },
  lifecycle: { preStop: { exec: { command: ['sh', '-c', `touch draining && sleep ${seconds}`] } } },
});

interface Pods {
  replicas: number;
  env: readonly object[];
  /** How a pod tells that it is ready, and what it does before it ends. */
  hooks: object;
}

function workload({ replicas, env, hooks }: Pods, image?: string): object {
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
              ...hooks,
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

/** The workload of a scene. */
export const odoo = ({ namespace }: Scene) => ({ kind: 'Deployment', namespace, name: 'odoo' }) as const;
