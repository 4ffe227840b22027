export { type Bed, makeBed, namespaceWay } from './bed/bed.ts';
export { Api, ApiError, type KubeObject } from './cluster/api.ts';
export { type Cluster, type ClusterOptions, startCluster } from './cluster/start.ts';
export * from './components/index.ts';
export type { Container, Pod, PodContext, PodProcess, PodRuntime } from './pods/runtime.ts';
export * from './prometheus/index.ts';
export { type Needed, need, needBed, notRun, requireAll } from './require.ts';
export { type Answer, behave, type ShopBehaviour, shopRuntime } from './shop/index.ts';
export * from './traffic/index.ts';
