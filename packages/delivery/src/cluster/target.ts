import { KubernetesError, type Ref, type Writer } from '@tillgate/kubernetes';
import type { Sha256 } from '@tillgate/release';
import type { Goal, Plan } from '../plan.ts';
import { type Fence, Refused, Superseded, type Target, Unavailable } from '../ports.ts';
import type { Observed } from '../seen.ts';
import type { Patch } from '../status.ts';
import { candidateDeployment, candidateService, runsCron } from './candidate.ts';
import { pinnedName } from './configuration.ts';
import type { PodAge } from './counts.ts';
import { epochOf, guard, take } from './fenced.ts';
import { httpRouteRouter } from './httproute.ts';
import { type Move, nextMoves, type Standing } from './moves.ts';
import { candidateName, EPOCH, PINS, TRACK } from './names.ts';
import type { Deployment, EndpointSlice, Keyed, Pod, Service } from './objects.ts';
import { imagePath, ownersOf, toldOwner } from './owners.ts';
import { ageOf, digestNamed, endpointsIn, observed } from './pods.ts';
import { hasChanged, reaching } from './reaching.ts';
import type { Routed, Router } from './router.ts';
import { traefikRouter } from './traefik.ts';
import { contentsOf, labelsFor, lookBefore, podsOf, readDeployment, readService } from './workload.ts';

export interface TargetOptions {
  plan: Plan;
  /** How long a candidate goes on answering after traffic was taken from it, ms. 10 s unless told: routers take up to two to hear of it. */
  drainMs?: number;
  /** Counts sessions newly assigned since a moment, where they can be counted. */
  assigned?: (since: number, now: number) => Promise<Observed['assigned']>;
  /** Share of bad requests before the release, where it can be measured. */
  errorShare?: () => Promise<number | null>;
}

/** The target, and what its pods are for whoever counts. */
export interface ClusterTarget extends Target {
  /** All pods of both versions, with their ages. */
  pods(): Promise<readonly PodAge[]>;
}

const DRAIN_MS = 10_000;
const TRIES = 12;

interface World {
  at: number;
  stable: Deployment;
  stablePods: readonly Pod[];
  stableEndpoints: number;
  candidate: Deployment | undefined;
  candidatePods: readonly Pod[];
  candidateEndpoints: number;
  candidateService: Service | undefined;
  routed: Routed;
  standing: Standing;
}

/** A workload in a namespace of a cluster, with a router before it. */
export function clusterTarget(writer: Writer, { plan, drainMs = DRAIN_MS, ...options }: TargetOptions): ClusterTarget {
  const { namespace, deployment, container } = plan.workload;
  const stableRef: Ref = { kind: 'Deployment', namespace, name: deployment };
  const candidateRef: Ref = { kind: 'Deployment', namespace, name: candidateName(deployment) };
  const serviceRef: Ref = { kind: 'Service', namespace, name: candidateName(deployment) };
  let router: Router | undefined;
  let service: Service | undefined;
  let lastGoal: Goal | undefined;
  let containerIndex: number | undefined;

  const readStable = async (): Promise<Deployment> => {
    const found = await readDeployment(writer, plan.workload);
    containerIndex = found.spec.template.spec.containers.findIndex(({ name }) => name === container);
    return found;
  };

  const theRouter = async (stable: Deployment): Promise<{ router: Router; service: Service }> => {
    service ??= await readService(writer, plan.workload, stable, undefined);
    const common = { namespace, deployment, service: service.metadata.name, testers: plan.router.testers };
    router ??=
      plan.router.by === 'traefik'
        ? traefikRouter(writer, {
            ...common,
            traefikService: plan.router.traefikService,
            ingressRoute: plan.router.ingressRoute,
          })
        : httpRouteRouter(writer, { ...common, httpRoute: plan.router.httpRoute });
    return { router, service };
  };

  const slicesOf = async (name: string) =>
    endpointsIn(
      await reaching(writer.list<EndpointSlice>('EndpointSlice', namespace, `kubernetes.io/service-name=${name}`)),
    );

  const look = async (): Promise<World> => {
    const stable = await readStable();
    const { router: way, service: main } = await theRouter(stable);
    const [routed, candidate, candidateSvc, stablePods, stableEndpoints] = await Promise.all([
      way.read(),
      reaching(writer.read<Deployment>(candidateRef)),
      reaching(writer.read<Service>(serviceRef)),
      podsOf(writer, stable),
      slicesOf(main.metadata.name),
    ]);
    const [candidatePods, candidateEndpoints] = candidate
      ? await Promise.all([podsOf(writer, candidate), slicesOf(serviceRef.name)])
      : [[], 0];
    const at = await reaching(writer.now());
    const seen = candidate && observed(candidate, container, candidatePods);
    return {
      at,
      stable,
      stablePods,
      stableEndpoints,
      candidate,
      candidatePods,
      candidateEndpoints,
      candidateService: candidateSvc,
      routed,
      standing: {
        stable: {
          image: digestNamed(stable.spec.template.spec.containers.find(({ name }) => name === container)?.image),
          replicas: stable.spec.replicas ?? 1,
          endpoints: stableEndpoints,
        },
        candidate: seen
          ? {
              image: seen.image,
              replicas: seen.desired,
              whole:
                seen.settled && seen.ready >= seen.desired && seen.running.every((digest) => digest === seen.image),
              endpoints: candidateEndpoints,
            }
          : null,
        remains: candidateSvc !== undefined,
        share: routed.share,
        sides: routed.sides,
        shareFor: at - routed.since,
      },
    };
  };

  /** Writes, each against what was read just before; on a conflict everything is read again by the caller. */
  const perform = async (move: Move, world: World, epoch: number): Promise<void> => {
    const { router: way, service: main } = await theRouter(world.stable);
    switch (move.do) {
      case 'share':
        return way.setShare(move.share, epoch, await reaching(writer.now()));
      case 'sides':
        return way.setSides(move.sides, epoch);
      case 'stable':
        return setStable(move.image, epoch);
      case 'candidate':
        return setCandidate(move.image, move.replicas, world, main, epoch);
      case 'remove':
        return removeCandidate(world, epoch);
    }
  };

  const imageOf = (digest: Sha256): string => {
    const reference = plan.images[digest];
    if (reference === undefined) throw new Refused(`The plan names no image for ${digest}.`);
    return reference;
  };

  const stampStable = (found: Deployment, image: string, epoch: number) =>
    take(
      writer,
      stableRef,
      {
        metadata: { resourceVersion: found.metadata.resourceVersion, annotations: { [EPOCH]: String(epoch) } },
        spec: { template: { spec: { containers: [{ name: container, image }] } } },
      },
      `Deployment ${namespace}/${deployment}`,
    );

  const setStable = async (image: Sha256, epoch: number): Promise<void> => {
    const found = await readDeployment(writer, plan.workload);
    guard(found, epoch);
    await stampStable(found, imageOf(image), epoch);
  };

  const setCandidate = async (
    image: Sha256,
    replicas: number,
    world: World,
    main: Service,
    epoch: number,
  ): Promise<void> => {
    const [labels, contents] = await Promise.all([
      labelsFor(writer, plan.workload, world.stable),
      contentsOf(writer, plan.workload, world.stable.spec.template.spec),
    ]);
    // A candidate keeps the configuration that it began with, unless it is made anew.
    const existing = world.candidate;
    if (existing) {
      guard(existing, epoch);
      const same =
        digestNamed(existing.spec.template.spec.containers.find(({ name }) => name === container)?.image) === image;
      if (same) {
        const { resourceVersion } = existing.metadata;
        if (existing.spec.replicas !== replicas)
          await reaching(writer.patch(candidateRef, 'merge', { metadata: { resourceVersion }, spec: { replicas } }));
        if (!world.candidateService) await makeService(labelsOfCandidate(existing), main, epoch);
        return;
      }
      await reaching(writer.remove(candidateRef, { uid: existing.metadata.uid ?? '' }));
      if (world.candidateService)
        await reaching(writer.remove(serviceRef, { uid: world.candidateService.metadata.uid ?? '' }));
      return; // made anew at the next look, when it is gone
    }
    await Promise.all(
      [...contents].map(async ([key, { content, object }]) => {
        const [kind, name] = key.split('/') as ['ConfigMap' | 'Secret', string];
        const { data, binaryData, type } = object;
        const copy = {
          metadata: { labels: { [TRACK]: 'candidate' }, annotations: { 'tillgate.dev/copy-of': name } },
          immutable: true,
          ...(data && { data }),
          ...(binaryData && { binaryData }),
          ...(type && { type }),
        };
        await orThere(reaching(writer.create<Keyed>({ kind, namespace, name: pinnedName(name, content) }, copy)));
      }),
    );
    await makeService(labels, main, epoch);
    const made = candidateDeployment({
      stable: world.stable,
      container,
      image: imageOf(image),
      replicas,
      labels,
      contents: new Map([...contents].map(([key, { content }]) => [key, content])),
      epoch,
    });
    await orThere(reaching(writer.create<Deployment>(candidateRef, made)));
  };

  const labelsOfCandidate = (existing: Deployment) => existing.spec.selector.matchLabels ?? {};

  const makeService = async (labels: Readonly<Record<string, string>>, main: Service, epoch: number) => {
    await orThere(reaching(writer.create<Service>(serviceRef, candidateService(main, deployment, labels, epoch))));
  };

  const removeCandidate = async ({ candidate, candidateService: own }: World, epoch: number): Promise<void> => {
    if (candidate) guard(candidate, epoch);
    if (own) await reaching(writer.remove(serviceRef, { uid: own.metadata.uid ?? '' }));
    for (const pin of (candidate?.metadata.annotations?.[PINS] ?? '').split(' ').filter(Boolean)) {
      const [plural, name = ''] = pin.split('/');
      const ref: Ref = { kind: plural === 'secrets' ? 'Secret' : 'ConfigMap', namespace, name };
      const copy = await reaching(writer.read<Keyed>(ref));
      if (copy?.metadata.labels?.[TRACK] === 'candidate')
        await reaching(writer.remove(ref, { uid: copy.metadata.uid ?? '' }));
    }
    // Last, because it knows the copies: whoever comes after an interruption finds them by it.
    if (candidate) await reaching(writer.remove(candidateRef, { uid: candidate.metadata.uid ?? '' }));
  };

  return {
    async before() {
      const stable = await readStable();
      const before = await lookBefore(writer, plan);
      const { router: way } = await theRouter(stable);
      await way.check();
      return { ...before, errorShare: (await options.errorShare?.()) ?? null };
    },

    async claim(epoch): Promise<Fence> {
      for (let tries = 0; tries < TRIES; tries++) {
        const world = await look();
        const all = [
          ...world.routed.owned,
          {
            object: world.stable,
            stamp: async (to: number) => {
              const own = world.stable.spec.template.spec.containers.find(({ name }) => name === container);
              await stampStable(world.stable, own?.image ?? '', to);
            },
          },
          ...(world.candidate
            ? [
                {
                  object: world.candidate,
                  stamp: (to: number) => stampByPatch(writer, candidateRef, world.candidate as Deployment, to),
                },
              ]
            : []),
          ...(world.candidateService
            ? [
                {
                  object: world.candidateService,
                  stamp: (to: number) => stampByPatch(writer, serviceRef, world.candidateService as Service, to),
                },
              ]
            : []),
        ];
        for (const { object } of all) guard(object, epoch);
        try {
          for (const { object, stamp } of all) if (epochOf(object) !== epoch) await stamp(epoch);
          return { epoch };
        } catch (cause) {
          if (!hasChanged(cause)) throw cause;
        }
      }
      throw new Unavailable(
        `The objects of ${namespace}/${deployment} change faster than they can be taken. Try again.`,
      );
    },

    async observe(): Promise<Observed> {
      const world = await look();
      const { stable, candidate, routed, standing } = world;
      const here = `Deployment ${namespace}/${deployment}`;
      const give = 'Let it take the image out of what it applies (docs/delivery.md).';
      const foreign = [
        ...routed.foreign,
        ...ownersOf(stable, imagePath(container)).map((owner) =>
          toldOwner(`The image of container "${container}" in ${here}`, owner, give),
        ),
      ];
      const canCron = candidate !== undefined && runsCron(candidate.spec.template.spec, container);
      return {
        stable: observed(stable, container, world.stablePods),
        candidate: candidate ? observed(candidate, container, world.candidatePods) : null,
        candidateShare: routed.share,
        route: routed.sides === 'testers' ? 'preview' : 'open',
        cron: canCron ? 'candidate' : 'stable',
        assigned: routed.share > 0 ? ((await options.assigned?.(routed.since, world.at)) ?? null) : null,
        foreign,
        waitingFor: lastGoal ? nextMoves(lastGoal, standing, drainMs).waitingFor : [],
      };
    },

    async apply({ goal }, { epoch }) {
      refuseUnknown(goal);
      lastGoal = goal;
      for (let tries = 0; tries < TRIES; tries++) {
        const world = await look();
        for (const { object } of [...world.routed.owned, { object: world.stable }]) guard(object, epoch);
        if (
          goal.candidate === null &&
          plan.strategy === 'canary' &&
          goal.stable !== plan.to &&
          goal.stable !== plan.from
        )
          throw new Refused(`${goal.stable} is neither what the plan begins nor what it ends with.`);
        try {
          for (const move of nextMoves(goal, world.standing, drainMs).moves) await perform(move, world, epoch);
          return;
        } catch (cause) {
          if (cause instanceof Superseded || !(cause instanceof KubernetesError)) throw cause;
          if (!hasChanged(cause)) throw new Refused(cause.message, { cause });
        }
      }
      throw new Unavailable(
        `The objects of ${namespace}/${deployment} change faster than they can be written. Try again.`,
      );
    },

    escape(safe, before): readonly Patch[] {
      if (safe === 'hold' || safe === 'maintenance') return [];
      const stable = plan.strategy === 'rollback' ? plan.to : safe === 'new' ? plan.to : before.image;
      return [...(router?.escape() ?? []), ...imagePatch(stable)];
    },

    async pods() {
      const world = await look();
      return [...world.stablePods, ...world.candidatePods].map(ageOf);
    },
  };

  function imagePatch(digest: Sha256): Patch[] {
    // A JSON merge patch would replace the whole list of containers; by index, with a test, it is exactly one field.
    if (containerIndex === undefined) throw new Error('The way out is asked for before the workload was read.');
    const at = `/spec/template/spec/containers/${containerIndex}`;
    return [
      {
        resource: 'deployments.apps',
        name: deployment,
        type: 'json',
        patch: [
          { op: 'test', path: `${at}/name`, value: container },
          { op: 'replace', path: `${at}/image`, value: imageOf(digest) },
        ],
      },
    ];
  }
}

/** What this target cannot bring about. */
function refuseUnknown(goal: Goal): void {
  if (goal.route === 'maintenance') throw new Refused('This router has no maintenance page.');
  if (goal.cron !== 'stable')
    throw new Refused(`Scheduled jobs stay with stable; "${goal.cron}" cannot be brought about here.`);
}

async function stampByPatch(
  writer: Writer,
  ref: Ref,
  found: { metadata: { resourceVersion?: string } },
  epoch: number,
): Promise<void> {
  const { resourceVersion } = found.metadata;
  await reaching(
    writer.patch(ref, 'merge', { metadata: { resourceVersion, annotations: { [EPOCH]: String(epoch) } } }),
  );
}

/** Made already: by an earlier try whose answer was lost. What it is is looked at before anything rests on it. */
async function orThere(made: Promise<unknown>): Promise<void> {
  try {
    await made;
  } catch (cause) {
    if (!(cause instanceof KubernetesError) || cause.reason !== 'exists') throw cause;
  }
}
