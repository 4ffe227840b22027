import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { silentLog, systemPrograms } from '@tillgate/host';
import { type Cluster, component, recipeOf, type Traefik, until } from '@tillgate/testbed';
import { goModuleFile } from '../../packages/testbed/src/components/build-go.ts';
import type { GoRecipe } from '../../packages/testbed/src/components/recipe.ts';
import { mountsOf } from './envoy.runtime.ts';

const NAMESPACE = 'envoy-gateway-system';
const CONTROLLER = 'gateway.envoyproxy.io/gatewayclass-controller';
/** Where the Gateway `web` is. */
export const GATEWAY = 'gateway';
const PORT = 10_080;
const METRICS = 19_001;
const DEFINITIONS = 'charts/gateway-helm/charts/crds/crds';
const OWN_KINDS = [
  ...['backends', 'backendtrafficpolicies', 'clienttrafficpolicies', 'envoyextensionpolicies'],
  ...['envoypatchpolicies', 'envoyproxies', 'httproutefilters', 'securitypolicies'],
];
const MODULE = recipeOf('envoy-gateway') as GoRecipe;

/**
 * Starts Envoy Gateway with its provider for Kubernetes, as its chart does, and waits for the Envoy of a Gateway `web`.
 * The cluster must know how to make its pods processes (`envoy.runtime.ts`).
 *
 * @returns what stands where a bed has Traefik
 */
export async function startEnvoyGateway(cluster: Cluster): Promise<Traefik> {
  const { bed, kubectl } = cluster;
  const [program, bubblewrap] = await Promise.all([component('envoy-gateway'), component('bubblewrap')]);
  await defined(cluster);
  await kubectl(['create', 'namespace', NAMESPACE]);
  const mounts = mountsOf(bed.folder);
  await mkdir(join(mounts, 'control'), { recursive: true });
  await certified(cluster, program.path, mounts);
  const config = join(mounts, 'envoy-gateway.json');
  await writeFile(config, JSON.stringify(CONFIG));
  await bed.start({
    name: 'envoy-gateway',
    // It looks for its certificates in /certs and nowhere else, so it gets a root of its own, as in its container.
    file: 'unshare',
    args: [
      ...['--mount-proc', '--', bubblewrap.path, '--die-with-parent', '--proc', '/proc', '--dev', '/dev'],
      ...['--tmpfs', '/tmp', '--tmpfs', '/var/lib/eg', '--ro-bind', bed.folder, bed.folder],
      ...['--ro-bind', join(mounts, 'control'), '/certs', '--ro-bind', program.path, '/envoy-gateway'],
      ...['--chdir', '/', '--', '/envoy-gateway', 'server', `--config-path=${config}`],
    ],
    env: {
      ...bubblewrap.env,
      KUBECONFIG: await cluster.kubeconfigOf('admin', 'inside'),
      ENVOY_GATEWAY_NAMESPACE: NAMESPACE,
      HOME: '/tmp',
    },
  });
  await kubectl(
    ['apply', '--server-side', '-f', '-'],
    JSON.stringify({ apiVersion: 'v1', kind: 'List', items: OBJECTS }),
  );
  const host = await until(
    'Envoy is ready',
    async () => {
      const selected = ['-l', 'gateway.envoyproxy.io/owning-gateway-name=web', '-o', 'json'];
      const { items } = JSON.parse(await kubectl(['get', 'pods', '-n', NAMESPACE, ...selected])) as {
        items: EnvoyPod[];
      };
      return items.find(({ status }) =>
        status.conditions?.some((each) => each.type === 'Ready' && each.status === 'True'),
      )?.status.podIP;
    },
    120_000,
  );
  return {
    inside: { host, port: PORT },
    outside: { host: '127.0.0.1', port: await bed.open(PORT, host) },
    metrics: { target: `${host}:${METRICS}`, path: '/stats/prometheus' },
    services: () => Promise.reject(new Error('Envoy Gateway tells its services in the status of routes.')),
    async stop() {
      await bed.stop('envoy-gateway');
    },
  };
}

interface EnvoyPod {
  status: { podIP?: string; conditions?: { type: string; status: string }[] };
}

/** Makes the cluster know the Gateway API with its experimental fields, and Envoy Gateway's own resources. */
async function defined({ kubectl }: Cluster): Promise<void> {
  const files = ['gatewayapi-crds.yaml', ...OWN_KINDS.map((kind) => `generated/gateway.envoyproxy.io_${kind}.yaml`)];
  const texts = await Promise.all(files.map((file) => goModuleFile(MODULE, `${DEFINITIONS}/${file}`)));
  await kubectl(['apply', '--server-side', '-f', '-'], texts.join('\n---\n'));
  await kubectl(['wait', 'crd', '--all', '--for=condition=Established', '--timeout=60s']);
}

interface Secret {
  data: Record<string, string>;
}

/** Lets Envoy Gateway make the certificates by which it and Envoy know each other, and lays them out as they are mounted. */
async function certified({ kubeconfig, bed, kubectl }: Cluster, program: string, mounts: string): Promise<void> {
  const made = await systemPrograms(silentLog).run(program, ['certgen', '--disable-topology-injector'], {
    cwd: bed.folder,
    env: { KUBECONFIG: kubeconfig, ENVOY_GATEWAY_NAMESPACE: NAMESPACE, HOME: bed.folder },
    timeoutMs: 60_000,
  });
  if (made.exitCode !== 0) throw new Error(`Envoy Gateway made no certificates: ${made.stderr.trim()}`);
  const lay = async (secret: string, folder: string) => {
    const { data } = JSON.parse(await kubectl(['get', 'secret', secret, '-n', NAMESPACE, '-o', 'json'])) as Secret;
    for (const [name, text] of Object.entries(data)) {
      await writeFile(join(folder, name), Buffer.from(text, 'base64'), { mode: 0o600 });
    }
  };
  await lay('envoy-gateway', join(mounts, 'control'));
  await lay('envoy', mounts);
  // What Envoy Gateway writes into the ConfigMap of Envoy's pod, with the files where they are here.
  const file = (name: string) => ({ filename: join(mounts, name) });
  const secret = (name: string, of: object) => ({
    resources: [{ '@type': 'type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.Secret', name, ...of }],
  });
  const own = { certificate_chain: file('tls.crt'), private_key: file('tls.key') };
  const trusted = {
    trusted_ca: file('ca.crt'),
    match_typed_subject_alt_names: [{ san_type: 'DNS', matcher: { exact: 'envoy-gateway' } }],
  };
  const write = (name: string, what: object) => writeFile(join(mounts, name), JSON.stringify(what));
  await write('xds-certificate.json', secret('xds_certificate', { tls_certificate: own }));
  await write('xds-trusted-ca.json', secret('xds_trusted_ca', { validation_context: trusted }));
}

/** As the chart sets it, but that it shares one address with its Envoy, so it leaves that one the ports of its own. */
const CONFIG = {
  apiVersion: 'gateway.envoyproxy.io/v1alpha1',
  kind: 'EnvoyGateway',
  gateway: { controllerName: CONTROLLER },
  provider: {
    type: 'Kubernetes',
    kubernetes: { leaderElection: { disable: true }, proxyTopologyInjector: { disabled: true } },
  },
  admin: { address: { host: '127.0.0.1', port: 19_100 } },
  telemetry: { metrics: { prometheus: { disable: true } } },
};

const OBJECTS = [
  { apiVersion: 'v1', kind: 'Namespace', metadata: { name: GATEWAY } },
  {
    apiVersion: 'gateway.envoyproxy.io/v1alpha1',
    kind: 'EnvoyProxy',
    metadata: { name: 'envoy', namespace: NAMESPACE },
    spec: { provider: { type: 'Kubernetes', kubernetes: { envoyService: { type: 'ClusterIP' } } } },
  },
  {
    apiVersion: 'gateway.networking.k8s.io/v1',
    kind: 'GatewayClass',
    metadata: { name: 'envoy' },
    spec: {
      controllerName: CONTROLLER,
      parametersRef: { group: 'gateway.envoyproxy.io', kind: 'EnvoyProxy', name: 'envoy', namespace: NAMESPACE },
    },
  },
  {
    apiVersion: 'gateway.networking.k8s.io/v1',
    kind: 'Gateway',
    metadata: { name: 'web', namespace: GATEWAY },
    spec: {
      gatewayClassName: 'envoy',
      listeners: [{ name: 'web', protocol: 'HTTP', port: PORT, allowedRoutes: { namespaces: { from: 'All' } } }],
    },
  },
];
