export type { ApiOptions } from './api.ts';
export type { Cluster, WorkloadSeen } from './cluster.ts';
export { digestIn, openCluster } from './cluster.ts';
export { KubernetesError, type Owned, type Reason } from './errors.ts';
export { KINDS, type Kind, type KubeObject, type ManagedFields, type Metadata, type Ref } from './kinds.ts';
export { podTemplateDigest } from './pod-template.ts';
export { openWriter, type PatchType, type Writer, type WriterOptions } from './writer.ts';
