import { podTemplateDigest } from '@tillgate/kubernetes';
import { digestOfValue } from '@tillgate/release';
import { Refused } from '../ports.ts';
import { candidateDeployment } from './candidate.ts';
import { configurationOf, renamed } from './configuration.ts';
import { TRACK } from './names.ts';
import type { Deployment, Labels, PodSpec, Service } from './objects.ts';

/**
 * Demands that a candidate is what would be derived from the workload as it stands: somebody may have made one of its name
 * before us, with other settings or with pods of his own. Its image and number of pods are looked at elsewhere.
 *
 * @throws Refused naming the object and what differs
 */
export function requireDerived(
  { candidate, service }: { candidate: Deployment | undefined; service: Service | undefined },
  stable: Deployment,
  container: string,
): void {
  const refuse = (object: string, what: string) => {
    throw new Refused(
      `${object} was not made by this delivery, or was changed since: ${what}. Find out who did, and remove it.`,
    );
  };
  if (!candidate) return;
  const { matchLabels = {}, matchExpressions = [] } = candidate.spec.selector;
  const here = `Deployment ${candidate.metadata.namespace}/${candidate.metadata.name}`;
  const labels = candidate.spec.template.metadata?.labels ?? {};
  if (matchLabels[TRACK] !== 'candidate' || matchExpressions.length > 0 || !same(labels, matchLabels))
    refuse(here, 'its pods are not those that it chooses');
  const derived = candidateDeployment({
    stable,
    container,
    image: '',
    replicas: 1,
    labels: {},
    contents: new Map(),
    epoch: 0,
  }).spec.template.spec;
  const found = unpinned(candidate.spec.template.spec, stable.spec.template.spec);
  if (podTemplateDigest({ spec: found }, container) !== podTemplateDigest({ spec: derived }, container))
    refuse(here, 'its pod template is not that of the workload');
  if (service && !same(service.spec.selector ?? {}, matchLabels))
    refuse(`Service ${service.metadata.namespace}/${service.metadata.name}`, 'it chooses other pods');
}

/** A candidate's pod template, with the names of the workload's own configuration in place of those of its copies. */
function unpinned(spec: PodSpec, stable: PodSpec): PodSpec {
  const own = new Map(configurationOf(stable).map(({ kind, name }) => [`${kind}/${name.slice(0, 200)}`, name]));
  return renamed(spec, (kind, name) => own.get(`${kind}/${name.replace(/-[0-9a-f]{10}$/, '')}`) ?? name);
}

const same = (one: Labels, other: Labels) => digestOfValue(one) === digestOfValue(other);
