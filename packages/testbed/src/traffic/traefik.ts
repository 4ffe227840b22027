import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { answering } from '../answering.ts';
import type { Cluster } from '../cluster/start.ts';
import { component } from '../components/index.ts';
import { until } from '../until.ts';
import { ROUTER_KINDS, ROUTER_ROLES, routerDefinitions } from './router-definitions.ts';

/** What a router must know of the cluster that it serves. */
export type RoutedCluster = Pick<Cluster, 'bed' | 'adminClient' | 'kubectl'>;

export interface TraefikOptions {
  cluster: RoutedCluster;
  /** Address inside the bed that Traefik is bound to, with the ports 80 (traffic) and 8080 (metrics, its own API). */
  host?: string;
  /** Least time between two configurations that Traefik applies; its own default is 2 s. */
  throttle?: string;
  /** Upper bounds of the latency histogram in seconds; Traefik's own four are too coarse to judge a p99. */
  buckets?: readonly number[];
  /** Take a Service without endpoints as an empty one (503), not as an error of the route (404). */
  allowEmptyServices?: boolean;
}

/** A running Traefik. */
export interface Traefik {
  /** Where traffic goes, inside the bed. */
  readonly inside: { host: string; port: number };
  /** The same for processes outside, such as a browser or a test. */
  readonly outside: { host: string; port: number };
  /** What Prometheus scrapes, inside the bed. */
  readonly metrics: { target: string; path: string };
  /** The services that are configured now, by name (`<namespace>-<name>@kubernetescrd`), as Traefik's API tells them. */
  services(): Promise<Map<string, TraefikService>>;
  stop(): Promise<void>;
}

/** A service as Traefik's API tells it, as far as it is read here. */
export interface TraefikService {
  name: string;
  type?: string;
  status: string;
  weighted?: { services?: { name: string; weight: number }[] };
  error?: string[];
}

/** Port of the Gateway's listener must be the one that Traefik listens on. */
const WEB = 80;
const ADMIN = 8080;
const NAMESPACE = 'traefik';
const BUCKETS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.2, 0.3, 0.5, 0.75, 1, 2, 5, 10];

/**
 * Starts Traefik in front of a cluster's Services. It reads IngressRoutes and TraefikServices as well as
 * HTTPRoutes of the Gateway `traefik/web`, with an account and the roles that its documentation gives it.
 * Ready when it answers; routes take effect within the throttle time after they are applied.
 */
export async function startTraefik(options: TraefikOptions): Promise<Traefik> {
  const { cluster, host = '10.244.255.10', throttle = '2s', buckets = BUCKETS } = options;
  const { bed, adminClient } = cluster;
  const [program] = await Promise.all([component('traefik'), prepare(cluster)]);
  const token = join(bed.folder, 'traefik.token');
  await writeFile(token, await cluster.kubectl(['create', 'token', 'traefik', '-n', NAMESPACE, '--duration=24h']), {
    mode: 0o600,
  });
  const providers = ['kubernetescrd', 'kubernetesgateway'].flatMap((name) => [
    `--providers.${name}.endpoint=${adminClient.inside}`,
    `--providers.${name}.token=${token}`,
    `--providers.${name}.certauthfilepath=${adminClient.certificateAuthority}`,
  ]);
  await bed.start({
    name: 'traefik',
    file: program.path,
    env: program.env,
    args: [
      `--entrypoints.web.address=${host}:${WEB}`,
      `--entrypoints.traefik.address=${host}:${ADMIN}`,
      ...providers,
      '--providers.kubernetescrd.allowcrossnamespace=true',
      `--providers.kubernetescrd.allowemptyservices=${options.allowEmptyServices ?? false}`,
      `--providers.providersthrottleduration=${throttle}`,
      '--api.insecure=true',
      '--api.dashboard=false',
      '--ping=true',
      '--metrics.prometheus=true',
      '--metrics.prometheus.addserviceslabels=true',
      `--metrics.prometheus.buckets=${buckets.join(',')}`,
      '--global.checknewversion=false',
      '--global.sendanonymoususage=false',
      '--log.level=INFO',
    ],
  });
  const [outside, admin] = await Promise.all([bed.open(WEB, host), bed.open(ADMIN, host)]);
  await answering(bed, 'traefik', async () => (await fetch(`http://127.0.0.1:${admin}/ping`)).ok);
  return {
    inside: { host, port: WEB },
    outside: { host: '127.0.0.1', port: outside },
    metrics: { target: `${host}:${ADMIN}`, path: '/metrics' },
    async services() {
      const answer = await fetch(`http://127.0.0.1:${admin}/api/http/services?per_page=1000`);
      if (!answer.ok) throw new Error(`Traefik's API answers ${answer.status} when asked for its services.`);
      const services = (await answer.json()) as TraefikService[];
      return new Map(services.map((service) => [service.name, service]));
    },
    async stop() {
      await bed.stop('traefik');
    },
  };
}

/** Makes the cluster know the routers' resources, Traefik's account, its class and its gateway. */
async function prepare({ kubectl }: RoutedCluster): Promise<void> {
  const apply = ['apply', '--server-side', '--force-conflicts', '-f', '-'];
  await kubectl(apply, await routerDefinitions());
  await until('the routers’ resources are established', async () => {
    const conditions = '{.items[*].status.conditions[?(@.type=="Established")].status}';
    const states = (await kubectl(['get', 'crd', '-o', `jsonpath=${conditions}`])).split(' ');
    return states.length >= ROUTER_KINDS && states.every((state) => state === 'True');
  });
  await kubectl(apply, JSON.stringify({ apiVersion: 'v1', kind: 'List', items: traefikObjects() }));
}

function traefikObjects(): object[] {
  return [
    { apiVersion: 'v1', kind: 'Namespace', metadata: { name: NAMESPACE } },
    { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'traefik', namespace: NAMESPACE } },
    ...ROUTER_ROLES.map((role) => ({
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'ClusterRoleBinding',
      metadata: { name: `traefik-${role}` },
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: role },
      subjects: [{ kind: 'ServiceAccount', name: 'traefik', namespace: NAMESPACE }],
    })),
    {
      apiVersion: 'gateway.networking.k8s.io/v1',
      kind: 'GatewayClass',
      metadata: { name: 'traefik' },
      spec: { controllerName: 'traefik.io/gateway-controller' },
    },
    {
      apiVersion: 'gateway.networking.k8s.io/v1',
      kind: 'Gateway',
      metadata: { name: 'web', namespace: NAMESPACE },
      spec: {
        gatewayClassName: 'traefik',
        listeners: [{ name: 'web', protocol: 'HTTP', port: WEB, allowedRoutes: { namespaces: { from: 'All' } } }],
      },
    },
  ];
}
