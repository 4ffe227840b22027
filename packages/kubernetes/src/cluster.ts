import { isSha256, type Sha256 } from '@tillgate/release';
import { type ApiOptions, openApi } from './api.ts';
import { collectionPath, type KubeObject, objectPath } from './kinds.ts';
import { podTemplateDigest } from './pod-template.ts';

/** The workload of a release, as it is at one moment. */
export interface WorkloadSeen {
  desiredReplicas: number;
  /** Whether the controller has seen the newest specification. */
  settled: boolean;
  /** The container that is looked at, the image that it asks for, and the pod template without that image. */
  container: string;
  image: string;
  podTemplate: Sha256 | null;
  /** Of each ready pod: its name and the digests of the image its main container really runs. */
  ready: { pod: string; digest: Sha256 | undefined }[];
}

/** The few questions that are asked of a cluster. Read only. */
export interface Cluster {
  /** What the kubeconfig holds that must never be shown, each by itself: tokens, passwords, keys. */
  readonly credentials: readonly string[];
  /** The UID of the namespace kube-system: as near to an identity as a cluster has. */
  uid(): Promise<string>;
  /** Data of a ConfigMap, or undefined where there is none. */
  configMap(namespace: string, name: string): Promise<Readonly<Record<string, string>> | undefined>;
  /** A Deployment and its ready pods, or undefined where there is none. `container`: the one to look at; else the first. */
  deployment(namespace: string, name: string, container?: string): Promise<WorkloadSeen | undefined>;
}

/** Objects of Kubernetes, as far as they are read here. */
interface Deployment extends KubeObject {
  spec?: {
    replicas?: number;
    selector?: { matchLabels?: Readonly<Record<string, string>> };
    template?: { spec?: { containers?: readonly { name: string; image?: string }[] } };
  };
  status?: { observedGeneration?: number };
}

interface Pod extends KubeObject {
  status?: {
    conditions?: readonly { type: string; status: string }[];
    containerStatuses?: readonly { name: string; imageID?: string }[];
  };
}

/**
 * Opens a cluster by a kubeconfig's text; nothing is written to disk.
 *
 * @throws KubernetesError for a kubeconfig that cannot be used
 */
export function openCluster(kubeconfig: string, options: ApiOptions = {}): Cluster {
  const api = openApi(kubeconfig, options);
  const find = <T>(kind: 'ConfigMap' | 'Deployment', namespace: string, name: string) =>
    api.find<T>({
      about: `${kind} ${namespace}/${name}`,
      method: 'GET',
      path: objectPath({ kind, namespace, name }),
    });
  const podsOf = async (namespace: string, name: string, { spec }: Deployment): Promise<Pod[]> => {
    const selector = Object.entries(spec?.selector?.matchLabels ?? {}).map(([key, value]) => `${key}=${value}`);
    const { items = [] } = await api.call<{ items?: Pod[] }>({
      about: `the pods of ${namespace}/${name}`,
      method: 'GET',
      path: `${collectionPath('Pod', namespace)}?labelSelector=${encodeURIComponent(selector.join(','))}`,
    });
    return items;
  };
  return {
    credentials: api.credentials,
    uid: api.uid,
    async configMap(namespace, name) {
      const found = await find<KubeObject & { data?: Record<string, string> }>('ConfigMap', namespace, name);
      return found && (found.data ?? {});
    },
    async deployment(namespace, name, wanted) {
      const found = await find<Deployment>('Deployment', namespace, name);
      if (!found) return undefined;
      const containers = found.spec?.template?.spec?.containers ?? [];
      const main = wanted === undefined ? containers[0] : containers.find((one) => one.name === wanted);
      const container = main?.name ?? wanted ?? '';
      const ready = (await podsOf(namespace, name, found)).filter(isReady);
      return {
        desiredReplicas: found.spec?.replicas ?? 1,
        settled: (found.status?.observedGeneration ?? 0) >= (found.metadata?.generation ?? 0),
        container,
        image: main?.image ?? '',
        podTemplate: podTemplateDigest(found.spec?.template, container),
        ready: ready.map(({ metadata, status }) => ({
          pod: metadata.name,
          digest: digestIn(status?.containerStatuses?.find((one) => one.name === container)?.imageID),
        })),
      };
    },
  };
}

const isReady = ({ metadata, status }: Pod): boolean =>
  !metadata.deletionTimestamp &&
  (status?.conditions?.some(({ type, status: value }) => type === 'Ready' && value === 'True') ?? false);

/**
 * The digest at the end of an imageID (`registry/name@sha256:…`); some runtimes put a scheme before it. A
 * digest without a name is the id of an image that came from no registry: nothing can be pulled by it.
 */
export function digestIn(imageId = ''): Sha256 | undefined {
  const at = imageId.lastIndexOf('@');
  const digest = imageId.slice(at + 1);
  return at > 0 && isSha256(digest) ? digest : undefined;
}
