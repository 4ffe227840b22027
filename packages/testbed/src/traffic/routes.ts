/** One version behind a route. */
export interface Member {
  /** Name of its Service. */
  service: string;
  port: number;
  weight: number;
}

/** A route that splits its traffic over versions. */
export interface SplitRoute {
  namespace: string;
  name: string;
  /** Host names of its tenants. HTTPRoute allows 16. */
  hosts: readonly string[];
  members: readonly Member[];
  /** Name of a cookie that keeps a session with its version. Only Traefik's own resources can say so. */
  sticky?: string;
}

/** A route as Traefik's own resources: an IngressRoute that leads to a TraefikService of the same name. */
export function ingressRoute({ namespace, name, hosts, members, sticky }: SplitRoute): object[] {
  const metadata = { namespace, name };
  const match = hosts.map((host) => `Host(\`${host}\`)`).join(' || ');
  const service = { name, kind: 'TraefikService' };
  return [
    {
      apiVersion: 'traefik.io/v1alpha1',
      kind: 'TraefikService',
      metadata,
      spec: {
        weighted: {
          services: members.map(({ service: of, port, weight }) => ({ name: of, port, weight })),
          ...(sticky !== undefined && { sticky: { cookie: { name: sticky } } }),
        },
      },
    },
    {
      apiVersion: 'traefik.io/v1alpha1',
      kind: 'IngressRoute',
      metadata,
      spec: { entryPoints: ['web'], routes: [{ kind: 'Rule', match, services: [service] }] },
    },
  ];
}

/** A route of the Gateway API, attached to the gateway that `startTraefik` makes. */
export function httpRoute({ namespace, name, hosts, members, sticky }: SplitRoute): object[] {
  if (hosts.length > 16) throw new RangeError(`An HTTPRoute takes at most 16 host names, not ${hosts.length}.`);
  if (sticky !== undefined) throw new RangeError('Traefik keeps no sessions together behind an HTTPRoute.');
  return [
    {
      apiVersion: 'gateway.networking.k8s.io/v1',
      kind: 'HTTPRoute',
      metadata: { namespace, name },
      spec: {
        parentRefs: [{ name: 'web', namespace: 'traefik' }],
        hostnames: hosts,
        rules: [{ backendRefs: members.map(({ service, port, weight }) => ({ name: service, port, weight })) }],
      },
    },
  ];
}
