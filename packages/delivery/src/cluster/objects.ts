import type { KubeObject } from '@tillgate/kubernetes';

/** Objects of Kubernetes, as far as they are read here. What is not named is carried along untouched. */
export interface Container {
  name: string;
  image: string;
  command?: string[];
  args?: string[];
  env?: {
    name: string;
    value?: string;
    valueFrom?: Record<string, { name?: string; key?: string; optional?: boolean }>;
  }[];
  envFrom?: { prefix?: string; configMapRef?: Reference; secretRef?: Reference }[];
  ports?: { name?: string; containerPort: number }[];
  [other: string]: unknown;
}

export interface Reference {
  name?: string;
  optional?: boolean;
}

export interface PodSpec {
  containers: Container[];
  initContainers?: Container[];
  volumes?: Volume[];
  [other: string]: unknown;
}

export interface Volume {
  name: string;
  configMap?: Reference & Record<string, unknown>;
  secret?: { secretName?: string; optional?: boolean } & Record<string, unknown>;
  projected?: { sources?: { configMap?: Reference; secret?: Reference }[] } & Record<string, unknown>;
  persistentVolumeClaim?: { claimName: string };
  [other: string]: unknown;
}

export type Labels = Readonly<Record<string, string>>;

export interface Selector {
  matchLabels?: Labels;
  matchExpressions?: { key: string; operator: string; values?: string[] }[];
}

export interface Deployment extends KubeObject {
  spec: {
    replicas?: number;
    selector: Selector;
    template: { metadata?: { labels?: Record<string, string>; annotations?: Record<string, string> }; spec: PodSpec };
    [other: string]: unknown;
  };
  status?: { observedGeneration?: number; replicas?: number; updatedReplicas?: number; readyReplicas?: number };
}

export interface Service extends KubeObject {
  spec: {
    selector?: Labels;
    ports?: { name?: string; port: number; targetPort?: number | string; protocol?: string; appProtocol?: string }[];
    type?: string;
    [other: string]: unknown;
  };
}

export interface Pod extends KubeObject {
  spec: { containers: Container[] };
  status?: {
    phase?: string;
    podIP?: string;
    conditions?: { type: string; status: string; reason?: string; lastTransitionTime?: string }[];
    containerStatuses?: ContainerStatus[];
    initContainerStatuses?: ContainerStatus[];
  };
}

interface ContainerStatus {
  name: string;
  imageID?: string;
  restartCount?: number;
  ready?: boolean;
  state?: { waiting?: { reason?: string; message?: string } };
}

export interface EndpointSlice extends KubeObject {
  endpoints?:
    | { addresses?: string[]; conditions?: { ready?: boolean; serving?: boolean; terminating?: boolean } }[]
    | null;
}

export interface Keyed extends KubeObject {
  data?: Record<string, string>;
  binaryData?: Record<string, string>;
  immutable?: boolean;
  type?: string;
}

export interface Autoscaler extends KubeObject {
  spec: { scaleTargetRef: { kind: string; name: string }; minReplicas?: number; maxReplicas: number };
  status?: { currentReplicas?: number; desiredReplicas?: number };
}

/** What chooses pods by labels, besides the workload itself: PodDisruptionBudgets and NetworkPolicies. */
export interface Chooser extends KubeObject {
  spec: { selector?: Selector; podSelector?: Selector };
}

export interface Claim extends KubeObject {
  spec: { accessModes?: string[] };
}

export interface Lease extends KubeObject {
  spec?: {
    holderIdentity?: string;
    leaseDurationSeconds?: number;
    renewTime?: string;
    acquireTime?: string;
    leaseTransitions?: number;
  };
}
