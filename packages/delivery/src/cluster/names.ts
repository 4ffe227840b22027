/** Who writes, as the API server keeps it with each field. */
export const MANAGER = 'tillgate';

/** Name of the ConfigMap that the platform team owns: the environment's own word on what it is. */
export const ENVIRONMENT_OBJECT = 'tillgate-environment';

/** Names of the objects that a delivery makes for one workload. */
export const stateName = (deployment: string) => `tillgate-delivery-${deployment}`;
export const leaseName = (deployment: string) => `tillgate-${deployment}`;
export const candidateName = (deployment: string) => `${deployment}-candidate`;

/** Annotations. People on call write the first three, nobody else does. */
export const COMMAND = 'tillgate.dev/command';
export const COMMAND_REASON = 'tillgate.dev/command-reason';
export const COMMAND_BY = 'tillgate.dev/command-by';
/** The epoch of whoever may write an object. */
export const EPOCH = 'tillgate.dev/epoch';
/** Since when the share is as it is. */
export const SHARE_SINCE = 'tillgate.dev/share-since';
/** The copies of ConfigMaps and Secrets that the candidate uses, as `configmaps/x secrets/y`. */
export const PINS = 'tillgate.dev/pins';

/** Digest of the image that a candidate runs: admission compares it with what the environment allows. */
export const IMAGE = 'tillgate.dev/image';

/** Label that every object of the candidate carries, and its pods. */
export const TRACK = 'tillgate.dev/track';
