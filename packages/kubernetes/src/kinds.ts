/** What is read and written of a cluster: where each kind lies in the API. */
export const KINDS = {
  ConfigMap: { apiVersion: 'v1', plural: 'configmaps' },
  Secret: { apiVersion: 'v1', plural: 'secrets' },
  Service: { apiVersion: 'v1', plural: 'services' },
  Pod: { apiVersion: 'v1', plural: 'pods' },
  PersistentVolumeClaim: { apiVersion: 'v1', plural: 'persistentvolumeclaims' },
  Event: { apiVersion: 'v1', plural: 'events' },
  Deployment: { apiVersion: 'apps/v1', plural: 'deployments' },
  StatefulSet: { apiVersion: 'apps/v1', plural: 'statefulsets' },
  HorizontalPodAutoscaler: { apiVersion: 'autoscaling/v2', plural: 'horizontalpodautoscalers' },
  PodDisruptionBudget: { apiVersion: 'policy/v1', plural: 'poddisruptionbudgets' },
  NetworkPolicy: { apiVersion: 'networking.k8s.io/v1', plural: 'networkpolicies' },
  EndpointSlice: { apiVersion: 'discovery.k8s.io/v1', plural: 'endpointslices' },
  Lease: { apiVersion: 'coordination.k8s.io/v1', plural: 'leases' },
  TraefikService: { apiVersion: 'traefik.io/v1alpha1', plural: 'traefikservices' },
  IngressRoute: { apiVersion: 'traefik.io/v1alpha1', plural: 'ingressroutes' },
  HTTPRoute: { apiVersion: 'gateway.networking.k8s.io/v1', plural: 'httproutes' },
} as const satisfies Record<string, { apiVersion: string; plural: string }>;

export type Kind = keyof typeof KINDS;

/** One object, by name. */
export interface Ref {
  kind: Kind;
  namespace: string;
  name: string;
}

/** Who last wrote which fields, as the API server keeps it. */
export interface ManagedFields {
  manager?: string;
  operation?: string;
  time?: string;
  fieldsV1?: Record<string, unknown>;
}

export interface Metadata {
  name: string;
  namespace?: string;
  uid?: string;
  resourceVersion?: string;
  generation?: number;
  creationTimestamp?: string;
  deletionTimestamp?: string;
  labels?: Record<string, string>;
  annotations?: Record<string, string>;
  managedFields?: ManagedFields[];
  ownerReferences?: { kind: string; name: string; uid: string; controller?: boolean }[];
}

/** Any object of the API. */
export interface KubeObject {
  apiVersion?: string;
  kind?: string;
  metadata: Metadata;
}

/** The path of a kind's collection in a namespace. */
export function collectionPath(kind: Kind, namespace: string): string {
  const { apiVersion, plural } = KINDS[kind];
  const root = apiVersion.includes('/') ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
  return `${root}/namespaces/${encodeURIComponent(namespace)}/${plural}`;
}

/** The path of one object. */
export function objectPath({ kind, namespace, name }: Ref): string {
  return `${collectionPath(kind, namespace)}/${encodeURIComponent(name)}`;
}
