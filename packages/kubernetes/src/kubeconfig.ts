import { KubeConfig } from '@kubernetes/client-node';
import { KubernetesError } from './errors.ts';

/**
 * Reads a kubeconfig's text; nothing is written to disk.
 *
 * @throws KubernetesError for one that cannot be used
 */
export function readKubeconfig(text: string): KubeConfig {
  const config = new KubeConfig();
  try {
    config.loadFromString(text);
  } catch (cause) {
    throw new KubernetesError(
      'kubeconfig',
      'The kubeconfig is not readable as YAML with clusters, users and contexts.',
      { cause },
    );
  }
  if (!config.getCurrentCluster())
    throw new KubernetesError(
      'kubeconfig',
      'The kubeconfig names no current context with a cluster. Set `current-context`.',
    );
  return config;
}

/** A kubeconfig is a secret as a whole; what could turn up alone, in an answer or an error, is in its users. */
export function credentialsOf(config: KubeConfig): string[] {
  return config.users.flatMap(({ token, password, keyData, exec, authProvider }) => {
    const environment: { value?: unknown }[] = Array.isArray(exec?.env) ? exec.env : [];
    const told = [
      token,
      password,
      keyData,
      ...environment.map(({ value }) => value),
      ...Object.values(authProvider?.config ?? {}),
    ];
    const key = keyData === undefined ? [] : [Buffer.from(keyData, 'base64').toString('utf8')];
    return [...told, ...key].filter((text): text is string => typeof text === 'string' && text !== '');
  });
}
