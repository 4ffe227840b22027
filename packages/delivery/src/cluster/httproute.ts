import type { KubeObject, Ref, Writer } from '@tillgate/kubernetes';
import type { Testers } from '../plan.ts';
import { Refused } from '../ports.ts';
import { guard, take } from './fenced.ts';
import { toldLeftover } from './leftovers.ts';
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
  path?: { value?: string };
  headers?: { type?: string; name: string; value: string }[];
  [other: string]: unknown;
}

interface Rule {
  matches?: Match[];
  backendRefs?: Backend[];
  sessionPersistence?: { type?: string };
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
    async check(begins) {
      const found = await read();
      stableBackend(found);
      if (begins && (found.spec.rules ?? []).some(isOurs))
        throw new Refused(toldLeftover(`a rule of ${here} that leads to`, candidate));
      const others = (found.spec.rules?.[0]?.backendRefs ?? []).filter(
        ({ name }) => ![service, candidate].includes(name),
      );
      if (others.length > 0)
        throw new Refused(
          `${here} also leads to ${others.map(({ name }) => name).join(', ')}, which no release knows of. Take it out.`,
        );
      const [fault] = sessions ? scatters(found.spec.rules ?? [], service, stableBackend(found)) : [];
      if (fault) throw new Refused(`${here} ${fault}`);
      const [owner] = ownersOf(found, ['f:spec', 'f:rules']);
      if (owner) throw new Refused(toldOwner(`spec.rules of ${here}`, owner, GIVE));
      return { podCookie: null };
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
          ? [{ ...withoutSessions(kept[0]), matches: matchesOf(kept[0]?.matches, testers), backendRefs: [backend] }]
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

/**
 * Why sessions would not stay with their version, each a sentence's end. As Envoy Gateway keeps them: by a cookie that says
 * which address and port has answered, for the path of the match, and looked at after a backend with filters was picked.
 */
function scatters([first, ...others]: readonly Rule[], service: string, stable: Backend): string[] {
  const faults: string[] = [];
  if (!first?.sessionPersistence)
    faults.push(
      'keeps no sessions together: with every request a client would change its version. Set sessionPersistence of its first rule, with a gateway that supports it; or part traffic by Traefik (environments.*.delivery.router); or, if clients have no sessions, say so in the policy (sessions: { in: nowhere }).',
    );
  if (first?.sessionPersistence?.type === 'Header')
    faults.push('keeps sessions by a header, which no browser sends back. Set sessionPersistence.type: Cookie.');
  if (Array.isArray(stable.filters) && stable.filters.length > 0)
    faults.push(
      'has filters of its backend: a gateway may then pick a backend by weight before it looks at the cookie, with every request. Make them filters of the rule.',
    );
  if (first?.matches?.length === 0)
    faults.push(
      'has an empty list of matches: Envoy Gateway keeps no sessions for a rule with no matches. Leave the field out, or match PathPrefix /.',
    );
  const paths = new Set((first?.matches ?? []).map(({ path }) => path?.value ?? '/'));
  if (paths.size > 1)
    faults.push(
      `parts traffic at ${[...paths].join(', ')}: the cookie of a session is for one of them, so a client could meet either version. Let the first rule have one path.`,
    );
  const aside = others
    .flatMap(({ backendRefs = [] }) => backendRefs)
    .find(({ name, port }) => name === service && port !== stable.port);
  if (aside)
    faults.push(
      `also leads to port ${aside.port} of the Service "${service}": the cookie of a session names address and port, so nothing there can follow it, and sessions of the candidate would meet stable. Part traffic by Traefik (environments.*.delivery.router), or serve everything at one port.`,
    );
  return faults;
}

/** A session's name must not be used by two rules, and who is marked reaches the candidate with every request anyway. */
function withoutSessions({ sessionPersistence: _, ...rule }: Rule = {}): Rule {
  return rule;
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
