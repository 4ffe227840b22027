export { type PodAge, prometheusCounts, warmingUp } from './counts.ts';
export {
  type Environment,
  type EnvironmentObject,
  environmentObject,
  type Head,
  type Quarantined,
} from './environment.ts';
export { eventsOn } from './events.ts';
export type { ActLeft, Kept } from './kept.ts';
export { type Leaving, type Left, leaveRecord } from './leave-record.ts';
export { COMMAND, COMMAND_BY, COMMAND_REASON, candidateName, leaseName, MANAGER, stateName } from './names.ts';
export { type DeliveryPlace, deploymentNamed, type OpenDelivery, openDelivery } from './open-delivery.ts';
export { patientReads } from './patient-reads.ts';
export { type PermitOptions, permitOffice } from './permits.ts';
export { clusterStore, escapeText, type StoreOptions } from './store.ts';
export { type ClusterTarget, clusterTarget, type TargetOptions } from './target.ts';
