import type { SessionsKept } from '../plan.ts';
import type { Container, Keyed, PodSpec } from './objects.ts';

/**
 * Why the pods cannot keep sessions where the policy says that they are; undefined where they can. That a store answers,
 * and that the image uses it, is not looked at here: that both versions read the same one follows from the template that
 * they have in common.
 *
 * @param contents of the ConfigMaps and Secrets that the pods use, by `ConfigMap/name`
 */
export function sessionFault(
  sessions: SessionsKept,
  spec: PodSpec,
  container: string,
  contents: ReadonlyMap<string, { object: Keyed }>,
): string | undefined {
  const main = spec.containers.find(({ name }) => name === container);
  if (!main || sessions.in === 'nowhere') return undefined;
  if (sessions.in === 'store') {
    if (hasVariable(main, sessions.env, contents)) return undefined;
    return `Sessions are said to be in the store that ${sessions.env} names, but container "${container}" has no such variable: its sessions lie on each pod, and are lost with it. Set it in the workload, or say in the policy where they are (environments.*.delivery.sessions).`;
  }
  const volume = spec.volumes?.find(({ persistentVolumeClaim: claim }) => claim?.claimName === sessions.claim);
  const mounts = (main.volumeMounts ?? []) as { name: string; readOnly?: boolean }[];
  if (volume && mounts.some(({ name, readOnly }) => name === volume.name && readOnly !== true)) return undefined;
  return `Sessions are said to be on PersistentVolumeClaim ${sessions.claim}, which container "${container}" does not mount to write: its sessions lie on each pod, and are lost with it. Mount the claim, or say in the policy where they are (environments.*.delivery.sessions).`;
}

function hasVariable(
  { env = [], envFrom = [] }: Container,
  wanted: string,
  contents: ReadonlyMap<string, { object: Keyed }>,
): boolean {
  const holds = (key: string, name: string) => {
    const object = contents.get(key)?.object;
    return Boolean(object?.data?.[name]);
  };
  const own = env.find(({ name }) => name === wanted);
  if (own?.value !== undefined) return own.value !== '';
  const { configMapKeyRef, secretKeyRef } = own?.valueFrom ?? {};
  if (configMapKeyRef) return holds(`ConfigMap/${configMapKeyRef.name}`, configMapKeyRef.key ?? '');
  if (secretKeyRef) return holds(`Secret/${secretKeyRef.name}`, secretKeyRef.key ?? '');
  if (own) return false;
  return envFrom.some(({ prefix = '', configMapRef, secretRef }) => {
    if (!wanted.startsWith(prefix)) return false;
    const name = wanted.slice(prefix.length);
    return holds(`ConfigMap/${configMapRef?.name}`, name) || holds(`Secret/${secretRef?.name}`, name);
  });
}
