/** Addresses of pods, in every bed the same: beds do not see each other. */
export const POD_NETWORK = '10.244.0.0/16';

/** Addresses of Services. */
export const SERVICE_NETWORK = '10.96.0.0/16';

/** Where the API server says that it is; outside of what pods are given. */
export const API_ADDRESS = '10.244.255.1';

/** Address of all nodes: on it the pod agent answers for logs. */
export const NODE_ADDRESS = '10.244.255.2';

/** Port of all nodes. */
export const NODE_PORT = 10250;
