import type { Api } from '../cluster/api.ts';
import type { Container, EnvEntry, Pod } from './runtime.ts';

/** Raised when a container's environment names something that is not there, as a node reports it. */
class ConfigError extends Error {
  override readonly name = 'ConfigError';
}

interface Keyed {
  data?: Record<string, string>;
}

/** Environment of a container as a node resolves it: plain values, fields of the pod, Secrets and ConfigMaps. @throws ConfigError */
export async function environmentOf(pod: Pod, container: Container, api: Api): Promise<Record<string, string>> {
  const { namespace } = pod.metadata;
  const configMap = (name: string) => keyed(api, `/api/v1/namespaces/${namespace}/configmaps/${name}`, (text) => text);
  const secret = (name: string) =>
    keyed(api, `/api/v1/namespaces/${namespace}/secrets/${name}`, (text) =>
      Buffer.from(text, 'base64').toString('utf8'),
    );

  const env: Record<string, string> = { HOSTNAME: pod.metadata.name };
  for (const { prefix = '', configMapRef, secretRef } of container.envFrom ?? []) {
    const data = configMapRef ? await configMap(configMapRef.name) : secretRef ? await secret(secretRef.name) : {};
    for (const [key, value] of Object.entries(data)) env[prefix + key] = value;
  }
  for (const entry of container.env ?? []) {
    const { secretKeyRef, configMapKeyRef, fieldRef } = entry.valueFrom ?? {};
    if (secretKeyRef) env[entry.name] = keyIn(await secret(secretKeyRef.name), secretKeyRef);
    else if (configMapKeyRef) env[entry.name] = keyIn(await configMap(configMapKeyRef.name), configMapKeyRef);
    else if (fieldRef) env[entry.name] = fieldOf(pod, fieldRef.fieldPath);
    else env[entry.name] = expand(plainValue(entry), env);
  }
  return env;
}

/** Replaces `$(NAME)` as Kubernetes does: an unknown name stays as it is written. */
export function expand(text: string, env: Readonly<Record<string, string>>): string {
  return text.replace(/\$\$|\$\(([^)]+)\)/g, (whole, name?: string) =>
    name === undefined ? '$' : (env[name] ?? whole),
  );
}

function plainValue(entry: EnvEntry): string {
  if (entry.valueFrom) throw new ConfigError(`${entry.name}: this kind of valueFrom is not known here`);
  return entry.value ?? '';
}

async function keyed(api: Api, path: string, decode: (text: string) => string): Promise<Record<string, string>> {
  const object = await api.get<Keyed>(path).catch((cause: Error) => {
    throw new ConfigError(cause.message, { cause });
  });
  return Object.fromEntries(Object.entries(object.data ?? {}).map(([key, value]) => [key, decode(value)]));
}

function keyIn(data: Record<string, string>, wanted: { name: string; key: string }): string {
  const value = data[wanted.key];
  if (value === undefined) throw new ConfigError(`couldn't find key ${wanted.key} in ${wanted.name}`);
  return value;
}

function fieldOf(pod: Pod, path: string): string {
  const keyedField = /^metadata\.(labels|annotations)\['(.+)'\]$/.exec(path);
  if (keyedField) return pod.metadata[keyedField[1] as 'labels' | 'annotations']?.[keyedField[2] as string] ?? '';
  switch (path) {
    case 'metadata.name':
      return pod.metadata.name;
    case 'metadata.namespace':
      return pod.metadata.namespace;
    case 'metadata.uid':
      return pod.metadata.uid;
    case 'spec.nodeName':
      return pod.spec.nodeName ?? '';
    case 'spec.serviceAccountName':
      return pod.spec.serviceAccountName ?? 'default';
    case 'status.podIP':
      return pod.status.podIP ?? '';
    default:
      throw new ConfigError(`the field ${path} is not known here`);
  }
}
