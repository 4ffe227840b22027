export type { Cluster, WorkloadSeen } from './cluster.ts';
export { openCluster } from './cluster.ts';
export { classify, KubernetesError, type Reason } from './errors.ts';
export { podTemplateDigest } from './pod-template.ts';
