import type { KubeObject, Ref, Writer } from '@tillgate/kubernetes';
import type { Testers } from '../plan.ts';
import { Refused } from '../ports.ts';
import { guard, take } from './fenced.ts';
import { candidateName, EPOCH, SHARE_SINCE } from './names.ts';
import { ownersOf, toldOwner } from './owners.ts';
import { reaching } from './reaching.ts';
import type { Routed, Router } from './router.ts';

interface Backend {
  name: string;
  kind?: string;
  port?: number;
  weight?: number;
  [other: string]: unknown;
}

interface Match {
  headers?: { type?: string; name: string; value: string }[];
  [other: string]: unknown;
}

interface Rule {
  matches?: Match[];
  backendRefs?: Backend[];
  sessionPersistence?: object;
  [other: string]: unknown;
}

interface HTTPRoute extends KubeObject {
  spec: { rules?: Rule[]; [other: string]: unknown };
}

export interface HttpRouteOptions {
  namespace: string;
  deployment: string;
  /** Name of the stable Service. */
  service: string;
  httpRoute: string;
  /** Whether clients have sessions that must stay with their version. */
  sessions: boolean;
  testers: Testers | null;
}

const ALL = 10_000;
const GIVE =
  'Hand spec.rules over: apply them once with `kubectl apply --server-side --field-manager=tillgate --force-conflicts`, and take them out of what that owner applies (docs/how-to/deliver.md).';

/**
 * Traffic parted by the weights of the first rule of an HTTPRoute. Its rules are one field of the API, so Tillgate owns all
 * of them; the others are written back as they were read.
 *
 * The standard keeps no sessions together: a client may meet the other version with every request. So it is for what has no
 * sessions, or for a gateway that knows `sessionPersistence` of the first rule.
 */
export function httpRouteRouter(writer: Writer, options: HttpRouteOptions): Router {
  const { namespace, deployment, service, sessions, testers } = options;
  const route: Ref = { kind: 'HTTPRoute', namespace, name: options.httpRoute };
  const candidate = candidateName(deployment);
  const here = `HTTPRoute ${namespace}/${route.name}`;
  let lastRules: readonly Rule[] | undefined;

  const read = async (): Promise<HTTPRoute> => {
    const found = await reaching(writer.read<HTTPRoute>(route));
    if (!found)
      throw new Refused(`There is no ${here}. Apply deploy/route-httproute.yaml, filled in, as the platform team.`);
    lastRules = found.spec.rules ?? [];
    return found;
  };
  const stableBackend = ({ spec }: HTTPRoute): Backend => {
    const backends = spec.rules?.[0]?.backendRefs ?? [];
    const own = backends.find(({ name, kind = 'Service' }) => name === service && kind === 'Service');
    if (!own)
      throw new Refused(
        `The first rule of ${here} does not lead to the Service "${service}", but to ${backends.map(({ name }) => name).join(', ') || 'nothing'}.`,
      );
    return own;
  };
  const isOurs = ({ backendRefs = [] }: Rule) =>
    backendRefs.length > 0 && backendRefs.every(({ name }) => name === candidate);
  const write = (found: HTTPRoute, rules: readonly Rule[], epoch: number, since: string) =>
    take(
      writer,
      route,
      {
        metadata: {
          resourceVersion: found.metadata.resourceVersion,
          annotations: { [EPOCH]: String(epoch), [SHARE_SINCE]: since },
        },
        spec: { rules },
      },
      here,
    );
  const sinceOf = ({ metadata }: HTTPRoute) => metadata.annotations?.[SHARE_SINCE] ?? metadata.creationTimestamp ?? '';

  return {
    async check() {
      const found = await read();
      stableBackend(found);
      const others = (found.spec.rules?.[0]?.backendRefs ?? []).filter(
        ({ name }) => ![service, candidate].includes(name),
      );
      if (others.length > 0)
        throw new Refused(
          `${here} also leads to ${others.map(({ name }) => name).join(', ')}, which no release knows of. Take it out.`,
        );
      if (sessions && !found.spec.rules?.[0]?.sessionPersistence)
        throw new Refused(
          `${here} keeps no sessions together: with every request a client would change its version. Set sessionPersistence of its first rule, with a gateway that supports it; or part traffic by Traefik (environments.*.delivery.router); or, if clients have no sessions, say so in the policy (sessions: { in: nowhere }).`,
        );
      const [owner] = ownersOf(found, ['f:spec', 'f:rules']);
      if (owner) throw new Refused(toldOwner(`spec.rules of ${here}`, owner, GIVE));
    },
    async read(): Promise<Routed> {
      const found = await read();
      const backends = found.spec.rules?.[0]?.backendRefs ?? [];
      const all = backends.reduce((sum, { weight = 1 }) => sum + weight, 0);
      const own = backends.filter(({ name }) => name === candidate).reduce((sum, { weight = 1 }) => sum + weight, 0);
      return {
        share: all === 0 ? 0 : Math.round((own * ALL) / all),
        since: Date.parse(sinceOf(found)) || 0,
        sides: (found.spec.rules ?? []).some(isOurs) ? 'testers' : 'none',
        foreign: ownersOf(found, ['f:spec', 'f:rules']).map((owner) => toldOwner(`spec.rules of ${here}`, owner, GIVE)),
        owned: [
          {
            object: found,
            stamp: async (epoch) => {
              await write(found, found.spec.rules ?? [], epoch, sinceOf(found));
            },
          },
        ],
      };
    },
    async setShare(share, epoch, at) {
      const found = await read();
      guard(found, epoch);
      const stable = stableBackend(found);
      const backendRefs = [
        ...(share < ALL ? [{ ...stable, weight: ALL - share }] : []),
        ...(share > 0 ? [{ ...stable, name: candidate, weight: share }] : []),
      ];
      const [first, ...others] = found.spec.rules ?? [];
      await write(found, [{ ...first, backendRefs }, ...others], epoch, new Date(at).toISOString());
    },
    async setSides(sides, epoch) {
      const found = await read();
      guard(found, epoch);
      const stable = stableBackend(found);
      const kept = (found.spec.rules ?? []).filter((rule) => !isOurs(rule));
      const { weight: _, ...backend } = { ...stable, name: candidate };
      const tester: Rule[] =
        sides === 'testers' && testers
          ? [{ ...kept[0], matches: matchesOf(kept[0]?.matches, testers), backendRefs: [backend] }]
          : [];
      await write(found, [...kept, ...tester], epoch, sinceOf(found));
    },
    escape() {
      if (!lastRules) throw new Error('The way out is asked for before the route was read.');
      const [first, ...others] = lastRules.filter((rule) => !isOurs(rule));
      const own = first?.backendRefs?.find(({ name }) => name === service);
      const rules = [{ ...first, backendRefs: [{ ...own, weight: ALL }] }, ...others];
      return [
        {
          resource: 'httproutes.gateway.networking.k8s.io',
          name: route.name,
          type: 'merge',
          patch: { spec: { rules } },
        },
      ];
    },
  };
}

/** The matches of a rule, each with what marks a tester besides. */
function matchesOf(matches: readonly Match[] = [{}], { by, name, value }: Testers): Match[] {
  const literal = value.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
  const mark =
    by === 'header'
      ? { type: 'Exact', name, value }
      : { type: 'RegularExpression', name: 'Cookie', value: `(^|.*; ?)${name}=${literal}(;.*|$)` };
  return matches.map((match) => ({ ...match, headers: [...(match.headers ?? []), mark] }));
}
