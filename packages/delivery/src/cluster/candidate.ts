import type { Sha256 } from '@tillgate/release';
import { pinnedName, renamed } from './configuration.ts';
import { candidateName, IMAGE, PINS, TRACK } from './names.ts';
import type { Container, Deployment, Labels, PodSpec, Service } from './objects.ts';
import { type Contents, updatesByStarting } from './updates.ts';

/** Annotations and labels by which a GitOps tool or kubectl knows what it made: a copy that bears them would be pruned. */
const TRACKING =
  /^(argocd\.argoproj\.io\/|app\.kubernetes\.io\/(instance|managed-by)$|kubectl\.kubernetes\.io\/|kustomize\.toolkit\.fluxcd\.io\/|helm\.toolkit\.fluxcd\.io\/|meta\.helm\.sh\/|deployment\.kubernetes\.io\/|objectset\.rio\.cattle\.io\/)/;

/** Keeps a candidate from running scheduled jobs, which know no weights. */
export const NO_CRON = '--max-cron-threads=0';

const SHELLS = /(^|\/)(sh|bash|ash|dash)$/;

/**
 * Why pods of this template may not run beside stable, as sentences; empty where they may.
 *
 * @param container the one whose image is released
 * @param contents of the ConfigMaps and Secrets that the pods use
 */
export function objectionsTo(spec: PodSpec, container: string, contents: Contents): string[] {
  const main = spec.containers.find(({ name }) => name === container);
  if (!main)
    return [
      `There is no container "${container}" in the workload; it has ${spec.containers.map(({ name }) => name).join(', ')}.`,
    ];
  const told = updatesByStarting(spec, container, contents);
  // An image's own entry point hands its arguments on, so a shell may stand there too.
  const started = [...(main.command ?? []), ...(main.args ?? [])];
  if (started.some((word) => SHELLS.test(word)) && !switchedOff(main)) {
    told.push(
      `Container "${container}" is started through a shell, so ${NO_CRON} cannot be appended: the candidate would run scheduled jobs too. Start Odoo directly, or put ${NO_CRON} where the shell passes it on.`,
    );
  }
  if (started.length === 0) {
    told.push(
      `Container "${container}" names neither command nor args: ${NO_CRON} would replace those of the image, and something else than Odoo could start. Write into the workload what the image has, such as \`args: [odoo]\`.`,
    );
  }
  return told;
}

const switchedOff = ({ command = [], args = [] }: Container) => [...command, ...args].includes(NO_CRON);

/** Whether pods of this template run scheduled jobs. */
export const runsCron = (spec: PodSpec, container: string) =>
  !spec.containers.some((one) => one.name === container && switchedOff(one));

/** How many pods a share needs beside so many of stable: in proportion, at least one. */
export function replicasFor(share: number, stable: number): number {
  return Math.max(1, Math.ceil((share * stable) / 10_000));
}

interface CandidateInput {
  stable: Deployment;
  container: string;
  image: string;
  replicas: number;
  labels: Labels;
  /** Content of each ConfigMap and Secret that is there, by `ConfigMap/name`. */
  contents: ReadonlyMap<string, Sha256>;
  epoch: number;
}

/** The candidate's Deployment, derived from the stable one: the same but for image, labels, jobs and pinned configuration. */
export function candidateDeployment({
  stable,
  container,
  image,
  replicas,
  labels,
  contents,
  epoch,
}: CandidateInput): Omit<Deployment, 'status'> {
  const { selector: _, replicas: __, template, ...rest } = stable.spec;
  const pins: string[] = [];
  const pinned = renamed(template.spec, (kind, name) => {
    const content = contents.get(`${kind}/${name}`);
    if (content === undefined) return name; // optional, and not there
    const copy = pinnedName(name, content);
    const pin = `${kind === 'ConfigMap' ? 'configmaps' : 'secrets'}/${copy}`;
    if (!pins.includes(pin)) pins.push(pin);
    return copy;
  });
  const containers = pinned.containers.map((one) =>
    one.name !== container
      ? one
      : { ...one, image, args: switchedOff(one) ? (one.args ?? []) : [...(one.args ?? []), NO_CRON] },
  );
  const name = candidateName(stable.metadata.name);
  return {
    metadata: {
      name,
      labels: { ...without(stable.metadata.labels ?? {}), [TRACK]: 'candidate' },
      annotations: {
        'tillgate.dev/epoch': String(epoch),
        [IMAGE]: image.slice(image.indexOf('@') + 1),
        [PINS]: pins.sort().join(' '),
      },
    },
    spec: {
      ...rest,
      replicas,
      selector: { matchLabels: labels },
      template: {
        metadata: {
          ...template.metadata,
          labels: { ...labels },
          annotations: without(template.metadata?.annotations ?? {}),
        },
        spec: { ...pinned, containers },
      },
    },
  };
}

/** The candidate's Service: the same ports, the candidate's pods. */
export function candidateService(stable: Service, deployment: string, labels: Labels, epoch: number): Service {
  const { selector: _, ports = [], sessionAffinity, sessionAffinityConfig, publishNotReadyAddresses } = stable.spec;
  return {
    metadata: {
      name: candidateName(deployment),
      labels: { ...without(stable.metadata.labels ?? {}), [TRACK]: 'candidate' },
      annotations: { ...without(stable.metadata.annotations ?? {}), 'tillgate.dev/epoch': String(epoch) },
    },
    spec: {
      selector: { ...labels },
      // A node port belongs to one Service only.
      ports: ports.map(({ name, port, targetPort, protocol, appProtocol }) => ({
        ...(name !== undefined && { name }),
        port,
        ...(targetPort !== undefined && { targetPort }),
        ...(protocol !== undefined && { protocol }),
        ...(appProtocol !== undefined && { appProtocol }),
      })),
      ...(sessionAffinity !== undefined && { sessionAffinity }),
      ...(sessionAffinityConfig !== undefined && { sessionAffinityConfig }),
      ...(publishNotReadyAddresses !== undefined && { publishNotReadyAddresses }),
    },
  };
}

function without(labels: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(labels).filter(([name]) => !TRACKING.test(name)));
}
