import type { Kind } from '@tillgate/kubernetes';
import { digestOfValue, type Sha256 } from '@tillgate/release';
import type { Container, Keyed, PodSpec, Reference, Volume } from './objects.ts';

/** A ConfigMap or Secret that pods use. */
export interface Used {
  kind: Extract<Kind, 'ConfigMap' | 'Secret'>;
  name: string;
  optional: boolean;
}

/** All ConfigMaps and Secrets that a pod takes configuration from, each once, in a fixed order. */
export function configurationOf(spec: PodSpec): Used[] {
  const found = new Map<string, Used>();
  const visit: Visit = (kind, name, optional) => {
    const key = `${kind}/${name}`;
    found.set(key, { kind, name, optional: optional && (found.get(key)?.optional ?? true) });
    return name;
  };
  renamed(spec, visit);
  return [...found].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, used]) => used);
}

/** Digest of what a ConfigMap or Secret holds. */
export function contentDigest({ data = {}, binaryData = {}, type }: Keyed): Sha256 {
  return digestOfValue({ data, binaryData, type: type ?? null });
}

/** The name of a copy that never changes. */
export function pinnedName(name: string, content: Sha256): string {
  return `${name.slice(0, 200)}-${content.slice('sha256:'.length, 'sha256:'.length + 10)}`;
}

type Visit = (kind: Used['kind'], name: string, optional: boolean) => string;

/** The spec with every reference to a ConfigMap or Secret replaced by what `visit` says. The one given is left as it is. */
export function renamed(spec: PodSpec, visit: Visit): PodSpec {
  const refer = <R extends Reference>(kind: Used['kind'], reference: R): R =>
    reference.name === undefined
      ? reference
      : { ...reference, name: visit(kind, reference.name, reference.optional === true) };
  const container = (one: Container): Container => ({
    ...one,
    ...(one.env && {
      env: one.env.map((entry) => {
        const { configMapKeyRef, secretKeyRef } = entry.valueFrom ?? {};
        if (configMapKeyRef) return { ...entry, valueFrom: { configMapKeyRef: refer('ConfigMap', configMapKeyRef) } };
        if (secretKeyRef) return { ...entry, valueFrom: { secretKeyRef: refer('Secret', secretKeyRef) } };
        return entry;
      }),
    }),
    ...(one.envFrom && {
      envFrom: one.envFrom.map((from) => ({
        ...from,
        ...(from.configMapRef && { configMapRef: refer('ConfigMap', from.configMapRef) }),
        ...(from.secretRef && { secretRef: refer('Secret', from.secretRef) }),
      })),
    }),
  });
  const volume = (one: Volume): Volume => ({
    ...one,
    ...(one.configMap && { configMap: refer('ConfigMap', one.configMap) }),
    ...(one.secret?.secretName !== undefined && {
      secret: { ...one.secret, secretName: visit('Secret', one.secret.secretName, one.secret.optional === true) },
    }),
    ...(one.projected?.sources && {
      projected: {
        ...one.projected,
        sources: one.projected.sources.map((source) => ({
          ...source,
          ...(source.configMap && { configMap: refer('ConfigMap', source.configMap) }),
          ...(source.secret && { secret: refer('Secret', source.secret) }),
        })),
      },
    }),
  });
  return {
    ...spec,
    containers: spec.containers.map(container),
    ...(spec.initContainers && { initContainers: spec.initContainers.map(container) }),
    ...(spec.volumes && { volumes: spec.volumes.map(volume) }),
  };
}
