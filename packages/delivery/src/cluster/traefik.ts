import { createHash } from 'node:crypto';
import type { KubeObject, Ref, Writer } from '@tillgate/kubernetes';
import type { BasisPoints, Testers } from '../plan.ts';
import { Refused } from '../ports.ts';
import { guard, take } from './fenced.ts';
import { toldLeftover } from './leftovers.ts';
import type { Sides } from './moves.ts';
import { candidateName, EPOCH, SHARE_SINCE, TRACK } from './names.ts';
import type { Labels, Service } from './objects.ts';
import { ownersOf, toldOwner } from './owners.ts';
import { reaching } from './reaching.ts';
import type { Routed, Router } from './router.ts';
import { selects } from './selects.ts';

interface Member {
  name: string;
  kind?: string;
  namespace?: string;
  port?: number | string;
  weight?: number;
  sticky?: Sticky;
  [other: string]: unknown;
}

interface Sticky {
  cookie?: { name?: string };
}

interface TraefikService extends KubeObject {
  spec: { weighted?: { services?: Member[]; sticky?: Sticky }; [other: string]: unknown };
}

interface Rule {
  kind?: string;
  match: string;
  priority?: number;
  services?: Member[];
  middlewares?: unknown[];
  [other: string]: unknown;
}

interface IngressRoute extends KubeObject {
  spec: { entryPoints?: string[]; routes: Rule[]; tls?: unknown; [other: string]: unknown };
}

export interface TraefikOptions {
  namespace: string;
  deployment: string;
  /** Name of the stable Service. */
  service: string;
  /** Of the stable pods. */
  labels: Labels;
  traefikService: string;
  ingressRoute: string;
  testers: Testers | null;
}

const ALL = 10_000;
const GIVE =
  'Hand it over: apply the same object once with `kubectl apply --server-side --field-manager=tillgate --force-conflicts`, and take it out of what that owner applies (docs/how-to/deliver.md).';

/**
 * Traffic parted by a TraefikService that is Tillgate's own; the platform's IngressRoute leads to it. A member is taken
 * out rather than given weight 0: Traefik does not support zero, and heeds no cookie of a member that is not there, which is how
 * sessions come back to stable.
 *
 * What does not go through the weights follows by side routes: rules of the IngressRoute, repeated for requests that carry the
 * cookie of the candidate (those to another port, such as websockets), or that testers mark (all that lead to stable).
 */
export function traefikRouter(writer: Writer, options: TraefikOptions): Router {
  const { namespace, deployment, service, testers } = options;
  const weights: Ref = { kind: 'TraefikService', namespace, name: options.traefikService };
  const platform: Ref = { kind: 'IngressRoute', namespace, name: options.ingressRoute };
  const side: Ref = { kind: 'IngressRoute', namespace, name: candidateName(deployment) };
  const candidate = candidateName(deployment);
  const here = `TraefikService ${namespace}/${weights.name}`;

  let lastStable: Member | undefined;
  let lastFound: TraefikService | undefined;

  const readWeights = async () => {
    const found = await reaching(writer.read<TraefikService>(weights));
    if (!found)
      throw new Refused(`There is no ${here}. Apply deploy/route-traefik.yaml, filled in, as the platform team.`);
    return found;
  };
  const stableMember = (found: TraefikService): Member => {
    const members = found.spec.weighted?.services ?? [];
    const own = members.find(({ name, kind = 'Service' }) => name === service && kind === 'Service');
    if (!own) {
      throw new Refused(
        `${here} does not lead to the Service "${service}" of the workload, but to ${members.map(({ name }) => name).join(', ') || 'nothing'}. Let its weighted members be that Service.`,
      );
    }
    lastStable = own;
    lastFound = found;
    return own;
  };
  const shareOf = (found: TraefikService): BasisPoints => {
    const members = found.spec.weighted?.services ?? [];
    const all = members.reduce((sum, { weight = 1 }) => sum + weight, 0);
    const own = members.filter(({ name }) => name === candidate).reduce((sum, { weight = 1 }) => sum + weight, 0);
    return all === 0 ? 0 : Math.round((own * ALL) / all);
  };
  const parted = (found: TraefikService, share: BasisPoints): Member[] => {
    const stable = stableMember(found);
    return [
      ...(share < ALL ? [{ ...stable, weight: ALL - share }] : []),
      ...(share > 0 ? [{ ...stable, name: candidate, weight: share }] : []),
    ];
  };
  const write = async (found: TraefikService, weighted: object, epoch: number, since: string) => {
    const { resourceVersion } = found.metadata;
    const object = {
      metadata: { resourceVersion, annotations: { [EPOCH]: String(epoch), [SHARE_SINCE]: since } },
      spec: { weighted },
    };
    await take(writer, weights, object, here);
  };

  /** The rules by which sessions that are bound, and testers, reach the candidate. */
  const sideRules = async (sides: Sides): Promise<{ spec: IngressRoute['spec'] } | undefined> => {
    const [route, found] = await Promise.all([reaching(writer.read<IngressRoute>(platform)), readWeights()]);
    if (!route) throw new Refused(`There is no IngressRoute ${namespace}/${platform.name}.`);
    const stable = stableMember(found);
    const cookie = found.spec.weighted?.sticky?.cookie?.name;
    const bound = cookie === undefined ? undefined : hasCookie(cookie, boundTo(namespace, candidate, stable.port));
    const tester = sides === 'testers' && testers ? matching(testers) : undefined;
    const routes: Rule[] = [];
    for (const rule of route.spec.routes) {
      const [to] = rule.services ?? [];
      const weighed = to?.kind === 'TraefikService' && to.name === weights.name;
      const direct = to?.name === service && (to.kind ?? 'Service') === 'Service';
      const aside = direct && String(to.port) !== String(stable.port);
      const twin = (match: string, port: number | string | undefined): Rule => ({
        ...rule,
        match: `(${rule.match}) && ${match}`,
        ...(rule.priority !== undefined && { priority: rule.priority + 1 }),
        services: [
          { ...(weighed ? stable : to), weight: 1, name: candidate, ...(port !== undefined && { port }) } as Member,
        ].map(({ weight: _, ...member }) => member as Member),
      });
      if (weighed && tester) routes.push(twin(tester, stable.port));
      // Whoever is marked asks for the candidate with every request: also where others are kept on stable.
      if (direct && tester) routes.push(twin(tester, to.port));
      if (aside && bound) routes.push(twin(bound, to.port));
    }
    if (routes.length === 0) return undefined;
    const { entryPoints, tls } = route.spec;
    return { spec: { ...(entryPoints && { entryPoints }), routes, ...(tls !== undefined && { tls }) } };
  };
  /** Services beside ours that a rule leads to and that have the stable pods: nobody whom they serve can follow his session. */
  const requireOneService = async ({ spec }: IngressRoute): Promise<void> => {
    const besides = (await reaching(writer.list<Service>('Service', namespace))).filter(
      ({ metadata, spec: { selector } }) =>
        ![service, candidate].includes(metadata.name) &&
        selector !== undefined &&
        selects({ matchLabels: selector }, options.labels),
    );
    for (const { match, services = [] } of spec.routes) {
      const past = services.find(
        ({ name, kind = 'Service', namespace: where = namespace }) =>
          kind === 'Service' && where === namespace && besides.some(({ metadata }) => metadata.name === name),
      );
      if (past)
        throw new Refused(
          `Rule ${match} of IngressRoute ${namespace}/${platform.name} leads to the Service "${past.name}", which has the stable pods too: no session of the candidate is followed there (websockets), so its clients would meet stable. Let the rule lead to that port of the Service "${service}".`,
        );
    }
  };
  const sidesOf = (found: IngressRoute | undefined): Sides => {
    if (!found) return 'none';
    return (found.metadata.annotations?.['tillgate.dev/sides'] as Sides | undefined) ?? 'bound';
  };

  return {
    async check(begins) {
      const [found, route, left] = await Promise.all([
        readWeights(),
        reaching(writer.read<IngressRoute>(platform)),
        begins ? reaching(writer.read<IngressRoute>(side)) : undefined,
      ]);
      if (left) throw new Refused(toldLeftover('an IngressRoute', `${namespace}/${side.name}`));
      if (!route)
        throw new Refused(`There is no IngressRoute ${namespace}/${platform.name}, so nothing leads to ${here}.`);
      const leads = route.spec.routes.some(({ services = [] }) =>
        services.some(({ kind, name }) => kind === 'TraefikService' && name === weights.name),
      );
      if (!leads)
        throw new Refused(
          `IngressRoute ${namespace}/${platform.name} does not lead to ${here}: its weights would part nothing. Let a rule of it name the TraefikService.`,
        );
      await requireOneService(route);
      // The candidate's member is made like that of stable: where its pods keep sessions together, so do these.
      const between = stableMember(found).sticky?.cookie?.name;
      const among = found.spec.weighted?.sticky?.cookie?.name;
      if (among === undefined)
        throw new Refused(
          `${here} keeps no sessions together: with every request a client would change its version. Set spec.weighted.sticky.cookie.name.`,
        );
      if (between === among)
        throw new Refused(
          `${here} tells versions apart by the cookie "${among}", and pods too: of two cookies of one name a client keeps one only. Give sticky.cookie.name of its member "${service}" another name, or leave it out.`,
        );
      const [owner] = ownersOf(found, ['f:spec', 'f:weighted', 'f:services']);
      if (owner) throw new Refused(toldOwner(`spec.weighted.services of ${here}`, owner, GIVE));
      const others = (found.spec.weighted?.services ?? []).filter(({ name }) => ![service, candidate].includes(name));
      if (others.length > 0)
        throw new Refused(
          `${here} also leads to ${others.map(({ name }) => name).join(', ')}, which no release knows of. Take it out.`,
        );
      return { podCookie: between ?? null };
    },
    async read(): Promise<Routed> {
      const [found, sideRoute] = await Promise.all([readWeights(), reaching(writer.read<IngressRoute>(side))]);
      stableMember(found);
      const share = shareOf(found);
      const since = found.metadata.annotations?.[SHARE_SINCE] ?? found.metadata.creationTimestamp ?? '';
      const foreign = ownersOf(found, ['f:spec', 'f:weighted', 'f:services']).map((owner) =>
        toldOwner(`spec.weighted.services of ${here}`, owner, GIVE),
      );
      return {
        share,
        since: Date.parse(since) || 0,
        sides: sidesOf(sideRoute),
        foreign,
        owned: [
          { object: found, stamp: (epoch) => write(found, found.spec.weighted ?? {}, epoch, since) },
          ...(sideRoute
            ? [
                {
                  object: sideRoute,
                  stamp: async (epoch: number) => {
                    await take(
                      writer,
                      side,
                      sideObject(sideRoute.spec, sidesOf(sideRoute), epoch, sideRoute),
                      `IngressRoute ${namespace}/${side.name}`,
                    );
                  },
                },
              ]
            : []),
        ],
      };
    },
    async setShare(share, epoch, at) {
      // As it was read for this decision: where it has changed since, the write is refused.
      const found = lastFound ?? (await readWeights());
      lastFound = undefined;
      guard(found, epoch);
      await write(found, { ...found.spec.weighted, services: parted(found, share) }, epoch, new Date(at).toISOString());
    },
    async setSides(sides, epoch) {
      const found = await reaching(writer.read<IngressRoute>(side));
      if (found) guard(found, epoch);
      if (sides === 'none') {
        if (found) await reaching(writer.remove(side, { uid: found.metadata.uid ?? '' }));
        return;
      }
      const made = await sideRules(sides);
      // Nothing goes besides the weights: an empty route says that this was looked at.
      const spec = made?.spec ?? { routes: [] };
      await take(writer, side, sideObject(spec, sides, epoch, found), `IngressRoute ${namespace}/${side.name}`);
    },
    escape() {
      if (!lastStable) throw new Error('The way out is asked for before the route was read.');
      const services = [{ ...lastStable, weight: ALL }];
      return [
        {
          resource: 'traefikservices.traefik.io',
          name: weights.name,
          type: 'merge',
          patch: { spec: { weighted: { services } } },
        },
      ];
    },
  };
}

/** What Traefik writes into its cookie for a member: the beginning of the SHA-256 of the name that it gives it. */
function boundTo(namespace: string, service: string, port: number | string | undefined): string {
  return createHash('sha256').update(`${namespace}-${service}-${port}`).digest('hex').slice(0, 16);
}

const literal = (text: string) => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');

const hasCookie = (name: string, value: string) =>
  `HeaderRegexp(\`Cookie\`, \`(^|; ?)${literal(name)}=${literal(value)}(;|$)\`)`;

const matching = ({ by, name, value }: Testers) =>
  by === 'header' ? `Header(\`${name}\`, \`${value}\`)` : hasCookie(name, value);

function sideObject(spec: IngressRoute['spec'], sides: Sides, epoch: number, found: IngressRoute | undefined): object {
  return {
    metadata: {
      ...(found && { resourceVersion: found.metadata.resourceVersion }),
      labels: { [TRACK]: 'candidate' },
      annotations: { [EPOCH]: String(epoch), 'tillgate.dev/sides': sides },
    },
    spec,
  };
}
