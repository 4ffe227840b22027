import { type KubeObject, KubernetesError, podTemplateDigest, type Ref, type Writer } from '@tillgate/kubernetes';
import type { Sha256 } from '@tillgate/release';
import type { Goal, Plan } from '../plan.ts';
import { type Fence, Refused, Superseded, type Target, Unavailable } from '../ports.ts';
import type { Observed } from '../seen.ts';
import type { Before, Patch } from '../status.ts';
import { candidateBeside, stampByPatch } from './beside.ts';
import { runsCron } from './candidate.ts';
import { roomFault } from './connections.ts';
import type { PodAge } from './counts.ts';
import { requireDerived } from './derived.ts';
import { drainingFault } from './draining.ts';
import { epochOf, guard, take } from './fenced.ts';
import { type Move, nextMoves } from './moves.ts';
import { EPOCH } from './names.ts';
import type { Deployment, PodSpec } from './objects.ts';
import { imagePath, ownersOf, toldOwner } from './owners.ts';
import { asPinned, changedSince, notAsBefore, type Pin, pinsOn } from './pins.ts';
import { ageOf, observed } from './pods.ts';
import { hasChanged, reaching } from './reaching.ts';
import { lookBefore, readDeployment } from './workload.ts';
import { eyesOn, type World } from './world.ts';

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
  /** ConfigMaps and Secrets of the workload that are not as they were before, as `ConfigMap/name`. */
  reconfigured(before: Before): Promise<readonly string[]>;
  /** The highest epoch that its objects bear; 0 where none was ever stamped. */
  epoch(): Promise<number>;
}

const DRAIN_MS = 10_000;
const TRIES = 12;

/** A workload in a namespace of a cluster, with a router before it. */
export function clusterTarget(writer: Writer, { plan, drainMs = DRAIN_MS, ...options }: TargetOptions): ClusterTarget {
  const { namespace, deployment, container } = plan.workload;
  const stableRef: Ref = { kind: 'Deployment', namespace, name: deployment };
  const eyes = eyesOn(writer, plan);
  const beside = candidateBeside(writer, plan);
  const { look } = eyes;
  let lastGoal: Goal | undefined;
  /** The route and the Service bear an older epoch still. */
  let unstamped: { epoch: number; looks: number } | undefined;

  /** Writes, each against what was read just before; on a conflict everything is read again by the caller. */
  const perform = async (move: Move, world: World, epoch: number): Promise<void> => {
    const { router: way, service: main } = await eyes.router(world.stable);
    switch (move.do) {
      case 'share':
        return way.setShare(move.share, epoch, world.at);
      case 'sides':
        return way.setSides(move.sides, epoch);
      case 'stable':
        return setStable(move.image, world.candidate, epoch);
      case 'candidate':
        requireRoom(world.stable, move.replicas);
        return beside.set(
          world,
          main,
          { image: move.image, reference: imageOf(move.image), replicas: move.replicas },
          epoch,
        );
      case 'remove':
        return beside.remove(world, epoch);
    }
  };

  /** Whoever goes back is not asked: requests that are lost then are fewer than those that a bad release costs. */
  const requireDraining = (stable: Deployment, cookie: string): void => {
    const fault = plan.strategy === 'canary' && drainingFault(stable.spec.template.spec, container);
    if (!fault) return;
    throw new Refused(
      `The route binds sessions to single pods by the cookie "${cookie}", for which Deployment ${namespace}/${deployment} is not fit: ${fault}. Until the router has heard that a pod is unready it sends bound sessions there, so requests are lost whenever pods are replaced, and a release replaces them all. Let a preStop hook make the readiness probe fail while the pod goes on answering (docs/how-to/deliver.md, "Sessions that stay with one pod"), or leave sticky.cookie out of the route's member.`,
    );
  };

  /** Asked again before pods are added: stable may have more than when the delivery began. Going back adds none. */
  const requireRoom = (stable: Deployment, candidates: number): void => {
    const fault = plan.shared?.connections && roomFault(plan.shared.connections, stable, candidates);
    if (fault) throw new Refused(fault);
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

  const setStable = async (image: Sha256, candidate: Deployment | undefined, epoch: number): Promise<void> => {
    const found = await readDeployment(writer, plan.workload);
    guard(found, epoch);
    const unapproved = templateFault(found);
    // Going back is never stopped by it: there the image is the only thing that matters.
    if (unapproved && image === plan.to) throw new Refused(unapproved);
    const isForward = plan.strategy === 'canary' && image === plan.to;
    const pins = candidate ? pinsOn(candidate) : pinsOn(found);
    if (isForward) {
      requireRoom(found, candidate?.spec.replicas ?? 0);
      await requireAsTried(found, pins);
    }
    const restored = isForward ? undefined : await asPinned(writer, namespace, found.spec.template.spec, pins);
    if (restored) return putBack(found, restored, image, epoch);
    await stampStable(found, imageOf(image), epoch);
  };

  /** What changed since the candidate was made would be rolled out with the release, and nobody has tried it. */
  const requireAsTried = async (found: Deployment, pins: readonly Pin[]): Promise<void> => {
    const changed = await changedSince(writer, namespace, found.spec.template.spec, pins);
    if (changed.length === 0) return;
    throw new Refused(
      `${changed.map(({ used }) => `${used.kind} ${namespace}/${used.name}`).join(', ')} changed since the candidate was made, which was tried with what was there before. Put it back and start again, or release the change by itself first.`,
    );
  };

  /** The old image with the configuration that it had. These fields are somebody else's: they are taken only where they must be. */
  const putBack = async (found: Deployment, spec: PodSpec, image: Sha256, epoch: number): Promise<void> => {
    const containers = spec.containers.map((one) => (one.name === container ? { ...one, image: imageOf(image) } : one));
    const { resourceVersion } = found.metadata;
    const patch = {
      metadata: { resourceVersion, annotations: { [EPOCH]: String(epoch) } },
      spec: { template: { spec: { ...spec, containers } } },
    };
    await reaching(writer.patch(stableRef, 'merge', patch));
  };

  /** Whatever is written into the template of the workload would be rolled out with the release, approved by nobody. */
  const templateFault = (found: Deployment): string | undefined => {
    if (plan.strategy !== 'canary' || plan.podTemplate === null) return undefined;
    const template = podTemplateDigest(found.spec.template, container);
    if (template === plan.podTemplate) return undefined;
    return `The pod template of Deployment ${namespace}/${deployment} was changed since the record was signed (${template}, not ${plan.podTemplate}): nobody approved that. Change it back, or decide and sign again.`;
  };

  const ownedOf = ({ routed, stable, candidate, candidateService: own }: World): KubeObject[] => [
    ...routed.owned.map(({ object }) => object),
    stable,
    ...(candidate ? [candidate] : []),
    ...(own ? [own] : []),
  ];

  const stampsOfPods = ({ stable, candidate }: World, epoch: number): Promise<unknown>[] => {
    const image = stable.spec.template.spec.containers.find(({ name }) => name === container)?.image ?? '';
    return [
      ...(epochOf(stable) === epoch ? [] : [stampStable(stable, image, epoch)]),
      ...(candidate && epochOf(candidate) !== epoch ? [stampByPatch(writer, beside.deployment, candidate, epoch)] : []),
    ];
  };

  const stampsOfRoute = ({ routed, candidateService: own }: World, epoch: number): Promise<unknown>[] => [
    ...routed.owned.flatMap(({ object, stamp }) => (epochOf(object) === epoch ? [] : [stamp(epoch)])),
    ...(own && epochOf(own) !== epoch ? [stampByPatch(writer, beside.service, own, epoch)] : []),
  ];

  /** Stamps what `claim` has left for later. Where somebody is faster, the next look tries again. @throws Superseded */
  const stampRoute = async (): Promise<void> => {
    if (!unstamped) return;
    const world = await look();
    for (const object of ownedOf(world)) guard(object, unstamped.epoch);
    try {
      await Promise.all(stampsOfRoute(world, unstamped.epoch));
      unstamped = undefined;
    } catch (cause) {
      if (!hasChanged(cause)) throw cause;
    }
  };

  return {
    async before() {
      const stable = await eyes.stable();
      const before = await lookBefore(writer, plan);
      const { router: way } = await eyes.router(stable);
      const { podCookie } = await way.check(plan.strategy === 'canary');
      if (podCookie !== null) requireDraining(stable, podCookie);
      return { ...before, errorShare: (await options.errorShare?.()) ?? null };
    },

    async claim(epoch): Promise<Fence> {
      for (let tries = 0; tries < TRIES; tries++) {
        const world = await look();
        for (const object of ownedOf(world)) guard(object, epoch);
        // Any change of what a router looks at makes it deaf for a while (Traefik: two seconds). While clients are on the
        // candidate, the next thing it is to hear may be that they must leave; so it is stamped after that.
        const inTraffic = world.routed.share > 0;
        try {
          await Promise.all([...stampsOfPods(world, epoch), ...(inTraffic ? [] : stampsOfRoute(world, epoch))]);
          unstamped = inTraffic ? { epoch, looks: 0 } : undefined;
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
      // Nothing was to be done at the first look: nobody waits for the router any more.
      if (unstamped && unstamped.looks++ > 0) await stampRoute();
      const { stable, candidate, routed, standing } = world;
      const here = `Deployment ${namespace}/${deployment}`;
      const give = 'Let it take the image out of what it applies (docs/how-to/deliver.md).';
      const foreign = [
        ...routed.foreign,
        ...ownersOf(stable, imagePath(container)).map((owner) =>
          toldOwner(`The image of container "${container}" in ${here}`, owner, give),
        ),
      ];
      const unapproved = lastGoal && isForward(lastGoal) ? templateFault(stable) : undefined;
      if (unapproved) foreign.push(unapproved);
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
        const world = await eyes.toActOn();
        for (const { object } of [...world.routed.owned, { object: world.stable }]) guard(object, epoch);
        if (
          goal.candidate === null &&
          plan.strategy === 'canary' &&
          goal.stable !== plan.to &&
          goal.stable !== plan.from
        )
          throw new Refused(`${goal.stable} is neither what the plan begins nor what it ends with.`);
        if (goal.candidate !== null)
          requireDerived({ candidate: world.candidate, service: world.candidateService }, world.stable, container);
        try {
          for (const move of nextMoves(goal, world.standing, drainMs).moves) await perform(move, world, epoch);
          if (unstamped) await stampRoute();
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
      return [...eyes.escape(), ...imagePatch(stable)];
    },

    async epoch() {
      return Math.max(0, ...ownedOf(await look()).map(epochOf));
    },

    async reconfigured({ configuration }) {
      const { spec } = (await eyes.stable()).spec.template;
      return notAsBefore(writer, namespace, spec, configuration);
    },

    async pods() {
      // Who counts has just observed; ages do not change.
      const world = await eyes.latest();
      return [...world.stablePods, ...world.candidatePods].map(ageOf);
    },
  };

  /** Whether a goal gives the new image to anybody. */
  function isForward({ stable, candidate }: Goal): boolean {
    return candidate !== null || stable === plan.to;
  }

  function imagePatch(digest: Sha256): Patch[] {
    // A JSON merge patch would replace the whole list of containers; by index, with a test, it is exactly one field.
    const at = `/spec/template/spec/containers/${eyes.containerIndex()}`;
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
