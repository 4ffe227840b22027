import { AppsV1Api, CoreV1Api } from '@kubernetes/client-node';
import { isSha256, type Sha256 } from '@tillgate/release';
import { classify, KubernetesError } from './errors.ts';
import { credentialsOf, readKubeconfig } from './kubeconfig.ts';
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

/**
 * Opens a cluster by a kubeconfig's text; nothing is written to disk.
 *
 * @throws KubernetesError for a kubeconfig that cannot be used
 */
export function openCluster(kubeconfig: string): Cluster {
  const config = readKubeconfig(kubeconfig);
  const core = config.makeApiClient(CoreV1Api);
  const apps = config.makeApiClient(AppsV1Api);
  const ask = async <T>(about: string, question: Promise<T>): Promise<T> => {
    try {
      return await question;
    } catch (thrown) {
      throw classify(thrown, about);
    }
  };
  const orNothing = async <T>(about: string, question: Promise<T>): Promise<T | undefined> =>
    ask(about, question).catch((error: KubernetesError) => {
      if (error.reason === 'not-found') return undefined;
      throw error;
    });
  return {
    credentials: credentialsOf(config),
    async uid() {
      const { metadata } = await ask('the namespace kube-system', core.readNamespace({ name: 'kube-system' }));
      if (!metadata?.uid)
        throw new KubernetesError(
          'server',
          'The namespace kube-system has no UID: what answered is no Kubernetes API server.',
        );
      return metadata.uid;
    },
    async configMap(namespace, name) {
      const found = await orNothing(
        `ConfigMap ${namespace}/${name}`,
        core.readNamespacedConfigMap({ namespace, name }),
      );
      return found && (found.data ?? {});
    },
    async deployment(namespace, name, wanted) {
      const found = await orNothing(
        `Deployment ${namespace}/${name}`,
        apps.readNamespacedDeployment({ namespace, name }),
      );
      if (!found) return undefined;
      const labels = found.spec?.selector.matchLabels ?? {};
      const labelSelector = Object.entries(labels)
        .map(([key, value]) => `${key}=${value}`)
        .join(',');
      const containers = found.spec?.template.spec?.containers ?? [];
      const main = wanted === undefined ? containers[0] : containers.find((one) => one.name === wanted);
      const container = main?.name ?? wanted ?? '';
      const pods = await ask(`the pods of ${namespace}/${name}`, core.listNamespacedPod({ namespace, labelSelector }));
      const ready = pods.items.filter(
        ({ status, metadata }) =>
          !metadata?.deletionTimestamp &&
          status?.conditions?.some(({ type, status: value }) => type === 'Ready' && value === 'True'),
      );
      return {
        desiredReplicas: found.spec?.replicas ?? 1,
        settled: (found.status?.observedGeneration ?? 0) >= (found.metadata?.generation ?? 0),
        container,
        image: main?.image ?? '',
        podTemplate: podTemplateDigest(found.spec?.template, container),
        ready: ready.map(({ metadata, status }) => ({
          pod: metadata?.name ?? '',
          digest: digestIn(status?.containerStatuses?.find((one) => one.name === container)?.imageID),
        })),
      };
    },
  };
}

/**
 * The digest at the end of an imageID (`registry/name@sha256:…`); some runtimes put a scheme before it. A
 * digest without a name is the id of an image that came from no registry: nothing can be pulled by it.
 */
export function digestIn(imageId = ''): Sha256 | undefined {
  const at = imageId.lastIndexOf('@');
  const digest = imageId.slice(at + 1);
  return at > 0 && isSha256(digest) ? digest : undefined;
}
