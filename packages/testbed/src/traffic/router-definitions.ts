import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { writeWhole } from '@tillgate/host';
import { goModuleFile } from '../components/build-go.ts';
import { cacheFolder, versions } from '../components/index.ts';

const TRAEFIK = { module: 'github.com/traefik/traefik/v3', version: versions.traefik };
const GATEWAY = { module: 'sigs.k8s.io/gateway-api', version: versions['gateway-api'] };
const REFERENCE = 'docs/content/reference/dynamic-configuration';
const GATEWAY_KINDS = [
  'backendtlspolicies',
  'gatewayclasses',
  'gateways',
  'grpcroutes',
  'httproutes',
  'listenersets',
  'referencegrants',
  'tlsroutes',
];

/**
 * What a cluster must know before Traefik can serve it, as the modules publish it: Traefik's own
 * resources, those of the Gateway API's standard channel, and the roles to read them. YAML, kept in the
 * cache.
 *
 * @throws BuildError where they are not in the cache and cannot be downloaded
 */
export async function routerDefinitions(): Promise<string> {
  const kept = join(cacheFolder(), 'definitions', `traefik-${TRAEFIK.version}-gateway-${GATEWAY.version}.yaml`);
  const there = await readFile(kept, 'utf8').catch((cause: NodeJS.ErrnoException) => {
    if (cause.code !== 'ENOENT') throw cause;
  });
  if (there !== undefined) return there;
  const parts = await Promise.all([
    goModuleFile(TRAEFIK, `${REFERENCE}/kubernetes-crd-definition-v1.yml`),
    goModuleFile(TRAEFIK, `${REFERENCE}/kubernetes-crd-rbac.yml`),
    goModuleFile(TRAEFIK, `${REFERENCE}/kubernetes-gateway-rbac.yml`),
    ...GATEWAY_KINDS.map((kind) => goModuleFile(GATEWAY, `config/crd/standard/gateway.networking.k8s.io_${kind}.yaml`)),
  ]);
  const text = parts.join('\n---\n');
  await writeWhole(kept, text);
  return text;
}

/** The roles in the definitions that Traefik needs, for its account to be bound to. */
export const ROUTER_ROLES = ['traefik-ingress-controller', 'gateway-role'];

/** How many kinds of resources the definitions hold: ten of Traefik and those of the Gateway API. */
export const ROUTER_KINDS = 10 + GATEWAY_KINDS.length;
