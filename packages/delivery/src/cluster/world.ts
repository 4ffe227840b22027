import type { Ref, Writer } from '@tillgate/kubernetes';
import type { Plan } from '../plan.ts';
import type { Patch } from '../status.ts';
import { httpRouteRouter } from './httproute.ts';
import type { Standing } from './moves.ts';
import { candidateName, TRACK } from './names.ts';
import type { Deployment, EndpointSlice, Pod, Service } from './objects.ts';
import { endpointsIn, observed } from './pods.ts';
import { reaching } from './reaching.ts';
import type { Routed, Router } from './router.ts';
import { selectorText, selects } from './selects.ts';
import { traefikRouter } from './traefik.ts';
import { readDeployment, readService } from './workload.ts';

/** All objects of a delivery as they were read at one moment, and what that comes to. */
export interface World {
  /** ms by the API server's clock. */
  at: number;
  stable: Deployment;
  stablePods: readonly Pod[];
  candidate: Deployment | undefined;
  candidatePods: readonly Pod[];
  candidateService: Service | undefined;
  routed: Routed;
  standing: Standing;
}

/** How long what was seen is good to act on, in ms: it takes a moment to decide and to write that down. */
const FRESH_MS = 1_000;

/** Who looks at the objects of one plan. What does not change, such as the name of the Service, is asked for once. */
export function eyesOn(writer: Writer, plan: Plan) {
  const { namespace, deployment, container } = plan.workload;
  const candidateRef: Ref = { kind: 'Deployment', namespace, name: candidateName(deployment) };
  const serviceRef: Ref = { kind: 'Service', namespace, name: candidateName(deployment) };
  let way: Router | undefined;
  let main: Service | undefined;
  let index: number | undefined;
  let seen: { router: Router; service: Service; selector: string } | undefined;
  let last: World | undefined;
  let unused: { world: World; lookedAt: number } | undefined;

  const stable = async (): Promise<Deployment> => {
    const found = await readDeployment(writer, plan.workload);
    index = found.spec.template.spec.containers.findIndex(({ name }) => name === container);
    return found;
  };

  /** The router before a workload, and the Service that it leads to. */
  const router = async (of: Deployment): Promise<{ router: Router; service: Service }> => {
    main ??= await readService(writer, plan.workload, of);
    const common = { namespace, deployment, service: main.metadata.name, testers: plan.router.testers };
    way ??=
      plan.router.by === 'traefik'
        ? traefikRouter(writer, {
            ...common,
            labels: of.spec.template.metadata?.labels ?? {},
            traefikService: plan.router.traefikService,
            ingressRoute: plan.router.ingressRoute,
          })
        : httpRouteRouter(writer, {
            ...common,
            httpRoute: plan.router.httpRoute,
            sessions: plan.shared !== null && plan.shared.sessions?.in !== 'nowhere',
          });
    return { router: way, service: main };
  };

  const endpointsOf = async (name: string): Promise<number> =>
    endpointsIn(
      await reaching(writer.list<EndpointSlice>('EndpointSlice', namespace, `kubernetes.io/service-name=${name}`)),
    );

  const look = async (): Promise<World> => {
    // All at once, because whoever takes traffic back waits for it. The selector of a Deployment never changes, so the pods
    // can be asked for by what was known of it at the first look.
    const known = seen ?? (await first());
    const [found, routed, candidate, candidateService, pods, besides, endpoints, candidateEndpoints] =
      await Promise.all([
        stable(),
        known.router.read(),
        reaching(writer.read<Deployment>(candidateRef)),
        reaching(writer.read<Service>(serviceRef)),
        reaching(writer.list<Pod>('Pod', namespace, known.selector)),
        reaching(writer.list<Pod>('Pod', namespace, `${TRACK}=candidate`)),
        endpointsOf(known.service.metadata.name),
        endpointsOf(serviceRef.name),
      ]);
    const candidatePods = besides.filter(({ metadata }) => selects(candidate?.spec.selector, metadata.labels ?? {}));
    const at = await reaching(writer.now());
    const standing: Standing = {
      stable: { image: observed(found, container, pods).image, replicas: found.spec.replicas ?? 1, endpoints },
      candidate: candidate ? candidateStanding(candidate, container, candidatePods, candidateEndpoints) : null,
      remains: candidateService !== undefined,
      share: routed.share,
      sides: routed.sides,
      shareFor: at - routed.since,
    };
    last = { at, stable: found, stablePods: pods, candidate, candidatePods, candidateService, routed, standing };
    unused = { world: last, lookedAt: performance.now() };
    return last;
  };

  const first = async () => {
    const found = await stable();
    seen = { ...(await router(found)), selector: selectorText(found.spec.selector) };
    return seen;
  };

  return {
    stable,
    router,
    look,
    /** What was just seen and not acted on yet, since whoever acts changes it; else a new look. */
    async toActOn(): Promise<World> {
      const isFresh = unused && performance.now() - unused.lookedAt < FRESH_MS;
      const world = unused && isFresh ? unused.world : await look();
      unused = undefined;
      return world;
    },
    /** What was seen last; a new look where there was none. */
    latest: async (): Promise<World> => last ?? look(),
    /** Everything to stable, as the route was last read. */
    escape: (): readonly Patch[] => {
      if (!way) throw new Error('The way out is asked for before the route was read.');
      return way.escape();
    },
    /** Where in the pod template the container stands, as it was last read. */
    containerIndex: (): number => {
      if (index === undefined) throw new Error('The way out is asked for before the workload was read.');
      return index;
    },
  };
}

function candidateStanding(
  candidate: Deployment,
  container: string,
  pods: readonly Pod[],
  endpoints: number,
): Standing['candidate'] {
  const { image, settled, desired, ready, running } = observed(candidate, container, pods);
  const whole = settled && ready >= desired && running.every((digest) => digest === image);
  return { image, replicas: desired, whole, endpoints };
}
