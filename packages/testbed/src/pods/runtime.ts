/** A pod, as far as a runtime looks at it. */
export interface Pod {
  metadata: {
    name: string;
    namespace: string;
    uid: string;
    resourceVersion?: string;
    labels?: Record<string, string>;
    annotations?: Record<string, string>;
    deletionTimestamp?: string;
    deletionGracePeriodSeconds?: number;
    ownerReferences?: { kind: string; name: string }[];
  };
  spec: {
    nodeName?: string;
    restartPolicy?: 'Always' | 'OnFailure' | 'Never';
    serviceAccountName?: string;
    terminationGracePeriodSeconds?: number;
    containers: Container[];
  };
  status: {
    phase?: string;
    podIP?: string;
    containerStatuses?: unknown[];
    conditions?: { type: string; status: string }[];
  };
}

export interface Container {
  name: string;
  image: string;
  command?: string[];
  args?: string[];
  env?: EnvEntry[];
  envFrom?: { configMapRef?: { name: string }; secretRef?: { name: string }; prefix?: string }[];
  ports?: { containerPort: number; name?: string }[];
  /** Other hooks are not kept. */
  lifecycle?: { preStop?: { sleep?: { seconds: number }; exec?: { command: string[] } } };
  readinessProbe?: {
    exec?: { command: string[] };
    httpGet?: { path?: string; port: number | string; httpHeaders?: { name: string; value: string }[] };
    timeoutSeconds?: number;
    failureThreshold?: number;
  };
}

export interface EnvEntry {
  name: string;
  value?: string;
  valueFrom?: {
    fieldRef?: { fieldPath: string };
    secretKeyRef?: { name: string; key: string };
    configMapKeyRef?: { name: string; key: string };
  };
}

/** What a pod becomes: a process bound to the pod's address, and how to tell that it is ready. */
export interface PodProcess {
  file: string;
  args: readonly string[];
  /** Environment beyond that of the container; nothing else is inherited but PATH. */
  env?: Readonly<Record<string, string>>;
  cwd?: string;
  /**
   * Ready when a GET of this path answers with a status below 400, asked every 100 ms, and unready when
   * it no longer does, asked every second, as often in a row as the container's readinessProbe allows (three
   * times, a second each, unless told). Where that asks over HTTP itself or runs a command it goes first; its
   * periods are not kept. With neither the pod is ready when it runs.
   */
  ready?: { port: number; path: string; host?: string };
}

/** What a runtime is given with a pod. */
export interface PodContext {
  pod: Pod;
  container: Container;
  /** Address that the process must be bound to. */
  ip: string;
  /** Environment of the container, references resolved. */
  env: Readonly<Record<string, string>>;
  /** A folder for this pod alone, removed with it. */
  folder: string;
}

/**
 * Makes processes of pods. A module that exports one as default is named in `startCluster({ runtimes })`
 * by its file URL; it is loaded in the bed's keeper.
 *
 * A pod belongs to the first runtime whose `images` matches the image of its first container.
 */
export interface PodRuntime {
  /** Pattern of image references. It is also read by KWOK: use what JavaScript and RE2 have in common, no flags. */
  images: RegExp;
  /** Nothing returned means: run the container's own command, as a Job's pod may want. */
  start(context: PodContext): PodProcess | undefined | Promise<PodProcess | undefined>;
}
