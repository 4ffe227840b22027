import { startCluster } from '../cluster/start.ts';
import { startGitHub } from '../github/index.ts';
import { startPostgres } from '../postgres/index.ts';
import { startPrometheus } from '../prometheus/index.ts';
import { startRedis } from '../redis/index.ts';
import { startRegistry } from '../registry/index.ts';
import { behave, shopRuntime } from '../shop/index.ts';
import { ingressRoute, startTraefik } from '../traffic/index.ts';

const SHOP_IMAGE = 'example.test/shop:1';
const TENANTS = ['north.shop.test', 'south.shop.test'];

/** How long a part took to be ready. */
export interface Started {
  part: string;
  millis: number;
}

/** A bed with everything in it. */
interface WholeBed {
  /** What tools need to reach it, as environment variables. Some are secret. */
  readonly env: Readonly<Record<string, string>>;
  stop(): Promise<void>;
}

/**
 * Starts everything but Odoo: the cluster with Traefik in front of two shops, Prometheus, PostgreSQL with
 * an archive, Redis, a registry and the stand-in for GitHub. Parts that do not need each other start together.
 *
 * @param told called as each part is ready
 */
export async function startWholeBed(told: (started: Started) => void): Promise<WholeBed> {
  const stops: (() => Promise<unknown>)[] = [];
  const part = async <T extends { stop(): Promise<unknown> }>(name: string, start: () => Promise<T>): Promise<T> => {
    const began = performance.now();
    const running = await start();
    stops.unshift(() => running.stop());
    told({ part: name, millis: performance.now() - began });
    return running;
  };
  const stop = async () => {
    for (const each of stops) await each();
  };

  const routed = async () => {
    const cluster = await part('cluster', () => startCluster({ runtimes: [shopRuntime] }));
    const [traefik] = await Promise.all([
      part('traefik', () => startTraefik({ cluster })),
      part('shops', async () => {
        await deployShops(cluster);
        return { stop: async () => {} }; // they go with the cluster
      }),
    ]);
    const prometheus = await part('prometheus', () =>
      startPrometheus({
        bed: cluster.bed,
        intervalSeconds: 5,
        scrape: [
          { job: 'traefik', targets: [traefik.metrics.target], path: traefik.metrics.path },
          { job: 'shops', pods: { of: cluster } },
        ],
      }),
    );
    await apply(
      cluster,
      ingressRoute({
        namespace: 'default',
        name: 'shop',
        hosts: TENANTS,
        members: [{ service: 'shop', port: 80, weight: 1 }],
      }),
    );
    return { cluster, traefik, prometheus };
  };
  try {
    const settled = await Promise.allSettled([
      routed(),
      part('postgresql', () => startPostgres({ archive: true })),
      part('redis', () => startRedis()),
      part('registry', () => startRegistry()),
      part('github', () => startGitHub({ repo: 'corner-shops/shop', permissions: { contents: 'read' } })),
    ]);
    const failed = settled.find((each) => each.status === 'rejected');
    if (failed) throw failed.reason;
    const [front, postgres, redis, registry, github] = settled.map(
      (each) => (each as PromiseFulfilledResult<unknown>).value,
    ) as [
      Awaited<ReturnType<typeof routed>>,
      Awaited<ReturnType<typeof startPostgres>>,
      Awaited<ReturnType<typeof startRedis>>,
      Awaited<ReturnType<typeof startRegistry>>,
      Awaited<ReturnType<typeof startGitHub>>,
    ];
    const { host, port } = front.traefik.outside;
    return {
      env: {
        KUBECONFIG: front.cluster.kubeconfig,
        SHOP_URL: `http://${host}:${port}`,
        SHOP_HOST: TENANTS[0] as string,
        PROMETHEUS_URL: front.prometheus.outside,
        DATABASE_URL: postgres.url,
        REDIS_URL: redis.url,
        REGISTRY: registry.host,
        GITHUB_API_URL: github.url,
        GITHUB_TOKEN: github.token,
      },
      stop,
    };
  } catch (cause) {
    await stop();
    throw cause;
  }
}

interface Applying {
  kubectl(args: readonly string[], input?: string): Promise<string>;
}

function apply(cluster: Applying, objects: readonly object[]): Promise<string> {
  return cluster.kubectl(['apply', '-f', '-'], objects.map((each) => JSON.stringify(each)).join('\n---\n'));
}

/** Two shops behind a Service, so that there is something to look at. */
async function deployShops(cluster: Applying & { bed: { folder: string } }): Promise<void> {
  await behave(cluster.bed, SHOP_IMAGE, { latency: { medianMs: 20, sigma: 0.5 } });
  const labels = { app: 'shop' };
  const annotations = { 'prometheus.io/scrape': 'true', 'prometheus.io/port': '8069' };
  const containers = [{ name: 'shop', image: SHOP_IMAGE, ports: [{ containerPort: 8069 }] }];
  await apply(cluster, [
    {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name: 'shop' },
      spec: {
        replicas: 2,
        selector: { matchLabels: labels },
        template: { metadata: { labels, annotations }, spec: { containers } },
      },
    },
    {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name: 'shop' },
      spec: { selector: labels, ports: [{ name: 'http', port: 80, targetPort: 8069 }] },
    },
  ]);
  await cluster.kubectl(['rollout', 'status', 'deployment/shop', '--timeout=110s']);
}
