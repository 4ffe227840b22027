import {
  type Cluster,
  newClusters,
  newContexts,
  newUsers,
  type User,
} from '@kubernetes/client-node/dist/config_types.js';
import { parse } from 'yaml';
import { KubernetesError } from './errors.ts';

/** Where the current context of a kubeconfig leads, and who asks there. */
export interface Kubeconfig {
  cluster: Cluster;
  user: User | undefined;
  /** What must never be shown, each by itself, of all users: tokens, passwords, keys. */
  credentials: readonly string[];
}

/**
 * Reads a kubeconfig's text; nothing is written to disk. Its parts are read by the client library, of which no more is
 * loaded than is used: whoever imports it whole loads the models of all of Kubernetes' APIs.
 *
 * @throws KubernetesError for one that cannot be used
 */
export function readKubeconfig(text: string): Kubeconfig {
  const { clusters, users, contexts, current } = partsOf(text);
  const context = contexts.find(({ name }) => name === current);
  const cluster = clusters.find(({ name }) => name === context?.cluster);
  if (!context || !cluster)
    throw new KubernetesError(
      'kubeconfig',
      'The kubeconfig names no current context with a cluster. Set `current-context`.',
    );
  if (cluster.server.startsWith('http:') && !cluster.skipTLSVerify)
    throw new KubernetesError(
      'kubeconfig',
      'The kubeconfig asks its cluster over http, where anybody on the way reads the credentials. Write an https address, or say with `insecure-skip-tls-verify: true` that this is meant.',
    );
  return {
    cluster,
    user: users.find(({ name }) => name === context.user),
    credentials: users.flatMap(credentialsOf),
  };
}

function partsOf(text: string) {
  try {
    const read = parse(text, { logLevel: 'error' });
    return {
      clusters: newClusters(read.clusters),
      users: newUsers(read.users),
      contexts: newContexts(read.contexts),
      current: read['current-context'] as unknown,
    };
  } catch (cause) {
    throw new KubernetesError(
      'kubeconfig',
      'The kubeconfig is not readable as YAML with clusters, users and contexts.',
      { cause },
    );
  }
}

/** A kubeconfig is a secret as a whole; what could turn up alone, in an answer or an error, is in its users. */
function credentialsOf({ token, password, keyData, exec, authProvider }: User): string[] {
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
}
