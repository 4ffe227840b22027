import { KubernetesError, type Ref, type Writer } from '@tillgate/kubernetes';
import type { Sha256 } from '@tillgate/release';
import type { Plan } from '../plan.ts';
import { Refused } from '../ports.ts';
import { candidateDeployment, candidateService } from './candidate.ts';
import { configurationOf, contentDigest, pinnedName } from './configuration.ts';
import { guard } from './fenced.ts';
import { candidateName, EPOCH, PINS, TRACK } from './names.ts';
import type { Deployment, Keyed, Labels, Service } from './objects.ts';
import { pinsOn, pinsText } from './pins.ts';
import { digestNamed } from './pods.ts';
import { reaching } from './reaching.ts';
import { contentsOf, labelsFor } from './workload.ts';
import type { World } from './world.ts';

/** What a candidate is to be. */
export interface Wanted {
  image: Sha256;
  /** The image as it is written into the workload. */
  reference: string;
  replicas: number;
}

/** Makes the candidate beside a stable workload, and takes it away: Deployment, Service, and copies of configuration. */
export function candidateBeside(writer: Writer, plan: Plan) {
  const { namespace, deployment: stable, container } = plan.workload;
  const deployment: Ref = { kind: 'Deployment', namespace, name: candidateName(stable) };
  const service: Ref = { kind: 'Service', namespace, name: candidateName(stable) };

  const makeService = (labels: Labels, main: Service, epoch: number) =>
    orThere(reaching(writer.create<Service>(service, candidateService(main, stable, labels, epoch))));

  /** Configuration as it is now, under names that say what is in it: whatever is written meanwhile, pods that come later get this. */
  const makeCopies = (contents: Awaited<ReturnType<typeof contentsOf>>) =>
    Promise.all(
      [...contents].map(([key, { content, object }]) => {
        const [kind, name] = key.split('/') as ['ConfigMap' | 'Secret', string];
        const { data, binaryData, type } = object;
        const copy = {
          metadata: { labels: { [TRACK]: 'candidate' }, annotations: { 'tillgate.dev/copy-of': name } },
          immutable: true,
          ...(data && { data }),
          ...(binaryData && { binaryData }),
          ...(type && { type }),
        };
        return makeCopy({ kind, namespace, name: pinnedName(name, content) }, copy, content);
      }),
    );

  /** One that is there already may only be the same: it cannot change any more, but somebody may have made it before us. */
  const makeCopy = async (ref: Ref, copy: object, content: Sha256): Promise<void> => {
    await orThere(reaching(writer.create<Keyed>(ref, copy)));
    const found = await reaching(writer.read<Keyed & { immutable?: boolean }>(ref));
    if (found && found.immutable === true && contentDigest(found) === content) return;
    throw new Refused(
      `${ref.kind} ${namespace}/${ref.name} does not hold what its name says: it was not made by this delivery. Find out who made it, and remove it.`,
    );
  };

  const make = async (world: World, main: Service, { reference, replicas }: Wanted, epoch: number): Promise<void> => {
    const [labels, contents] = await Promise.all([
      labelsFor(writer, plan.workload, world.stable),
      contentsOf(writer, plan.workload, world.stable.spec.template.spec),
    ]);
    await makeCopies(contents);
    await makeService(labels, main, epoch);
    const digests = new Map([...contents].map(([key, { content }]) => [key, content]));
    const made = candidateDeployment({
      stable: world.stable,
      container,
      image: reference,
      replicas,
      labels,
      contents: digests,
      epoch,
    });
    await orThere(reaching(writer.create<Deployment>(deployment, made)));
  };

  const handOver = async (main: Deployment, found: Deployment): Promise<void> => {
    const all = [...pinsOn(found), ...pinsOn(main)];
    const { spec } = main.spec.template;
    const used = configurationOf(spec).map(({ kind, name }) => `${kind}/${name}`);
    const promoted = digestNamed(spec.containers.find(({ name }) => name === container)?.image) === plan.to;
    const ofCandidate = promoted ? pinsOn(found) : [];
    const kept = [...ofCandidate, ...all.filter(({ kind, name }) => used.includes(`${kind}/${name}`))];
    const text = pinsText(kept);
    for (const pin of all) {
      if (kept.some(({ kind, name }) => kind === pin.kind && name === pin.name)) continue;
      const ref: Ref = { ...pin, namespace };
      const copy = await reaching(writer.read<Keyed>(ref));
      if (copy?.metadata.labels?.[TRACK] === 'candidate')
        await reaching(writer.remove(ref, { uid: copy.metadata.uid ?? '' }));
    }
    if (text === (main.metadata.annotations?.[PINS] ?? '')) return;
    const { resourceVersion } = main.metadata;
    const patch = { metadata: { resourceVersion, annotations: { [PINS]: text === '' ? null : text } } };
    await reaching(writer.patch({ kind: 'Deployment', namespace, name: stable }, 'merge', patch));
  };

  return {
    deployment,
    service,

    /** A candidate keeps the configuration that it began with. One of another image goes first; it is made anew at the next look. */
    async set(world: World, main: Service, wanted: Wanted, epoch: number): Promise<void> {
      const { candidate: found, candidateService: own } = world;
      if (!found) return make(world, main, wanted, epoch);
      guard(found, epoch);
      const image = found.spec.template.spec.containers.find(({ name }) => name === container)?.image;
      if (digestNamed(image) !== wanted.image) {
        await reaching(writer.remove(deployment, { uid: found.metadata.uid ?? '' }));
        if (own) await reaching(writer.remove(service, { uid: own.metadata.uid ?? '' }));
        return;
      }
      if (found.spec.replicas !== wanted.replicas) {
        const { resourceVersion } = found.metadata;
        const patch = { metadata: { resourceVersion }, spec: { replicas: wanted.replicas } };
        await reaching(writer.patch(deployment, 'merge', patch));
      }
      if (!own) await makeService(found.spec.selector.matchLabels ?? {}, main, epoch);
    },

    /**
     * Once stable has the new image, the copies stay: they are the configuration that a rollback goes back to. The
     * workload knows them from then on, until the next release is promoted. Those that it uses stay in any case.
     */
    async remove({ stable: main, candidate: found, candidateService: own }: World, epoch: number): Promise<void> {
      if (found) guard(found, epoch);
      if (own) await reaching(writer.remove(service, { uid: own.metadata.uid ?? '' }));
      if (found) await handOver(main, found);
      // Last, because it knows the copies: whoever comes after an interruption finds them by it.
      if (found) await reaching(writer.remove(deployment, { uid: found.metadata.uid ?? '' }));
    },
  };
}

/** Writes the epoch on an object that is wholly ours. */
export async function stampByPatch(
  writer: Writer,
  ref: Ref,
  found: { metadata: { resourceVersion?: string } },
  epoch: number,
): Promise<void> {
  const { resourceVersion } = found.metadata;
  const patch = { metadata: { resourceVersion, annotations: { [EPOCH]: String(epoch) } } };
  await reaching(writer.patch(ref, 'merge', patch));
}

/** Made already: by an earlier try whose answer was lost. What it is is looked at before anything rests on it. */
async function orThere(made: Promise<unknown>): Promise<void> {
  try {
    await made;
  } catch (cause) {
    if (!(cause instanceof KubernetesError) || cause.reason !== 'exists') throw cause;
  }
}
