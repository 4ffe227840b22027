import type { Cluster } from '@tillgate/kubernetes';
import { type EnvironmentIdentity, isSha256, type Sha256 } from '@tillgate/release';

/** Name of the ConfigMap that the platform team owns: the environment's own word on what it is. */
export const ENVIRONMENT_OBJECT = 'tillgate-environment';

/** What was seen of production. */
export interface ProductionSeen {
  /** The environment that the release names. */
  environment: string;
  identity: EnvironmentIdentity;
  /** What the environment object says; undefined where there is none. */
  object: EnvironmentObject | undefined;
  /** The policy in force, as the gate read it. */
  policy: Sha256;
  /** undefined where the workload does not exist. */
  workload:
    | {
        desiredReplicas: number;
        settled: boolean;
        container: string;
        image: string;
        podTemplate: Sha256 | null;
        ready: { pod: string; digest: Sha256 | undefined }[];
      }
    | undefined;
}

/** The environment object, as far as it could be read. */
export interface EnvironmentObject {
  environment: string | undefined;
  policy: Sha256 | undefined;
  head: ChainHead | undefined;
  /** The key set file; whether it is one is judged by who verifies with it. */
  keys: string;
  faults: string[];
}

/** The newest record of an environment. */
export interface ChainHead {
  sequence: number;
  digest: Sha256;
  commit?: string;
}

/** Looks at the cluster; read only. */
export async function observeProduction(
  cluster: Cluster,
  where: { environment: string; namespace: string; workload: string; container: string | undefined; policy: Sha256 },
): Promise<ProductionSeen> {
  const { environment, namespace, workload, container, policy } = where;
  const [clusterUid, object, seen] = await Promise.all([
    cluster.uid(),
    cluster.configMap(namespace, ENVIRONMENT_OBJECT),
    cluster.deployment(namespace, workload, container),
  ]);
  return {
    environment,
    identity: { clusterUid, namespace, workload: `deployment/${workload}` },
    object: object && readObject(object),
    policy,
    workload: seen,
  };
}

/** Digests that ready pods run, each once, in order. */
export function runningDigests(seen: ProductionSeen): Sha256[] {
  const digests = seen.workload?.ready.flatMap(({ digest }) => (digest === undefined ? [] : [digest])) ?? [];
  return [...new Set(digests)].sort();
}

function readObject(data: Readonly<Record<string, string>>): EnvironmentObject {
  const faults: string[] = [];
  const { environment, policy, head, keys } = data;
  if (policy !== undefined && !isSha256(policy)) faults.push('policy is no digest');
  if (!keys) faults.push('keys is missing');
  return {
    environment,
    keys: keys ?? '',
    policy: isSha256(policy) ? policy : undefined,
    head: head === undefined || head === '' ? undefined : readHead(head, faults),
    faults,
  };
}

function readHead(text: string, faults: string[]): ChainHead | undefined {
  try {
    const { sequence, digest, commit } = JSON.parse(text) as Record<string, unknown>;
    if (Number.isSafeInteger(sequence) && (sequence as number) >= 1 && isSha256(digest)) {
      return { sequence: sequence as number, digest, ...(typeof commit === 'string' && { commit }) };
    }
    faults.push('head lacks a sequence of at least 1 or a digest');
  } catch {
    faults.push('head is no JSON'); // the fault becomes a finding; nothing is taken from the text
  }
  return undefined;
}
