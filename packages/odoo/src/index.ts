export { type Client, type ConnectOptions, connect } from './client.ts';
export { OdooError, type OdooErrorOptions, type Reason } from './errors.ts';
export type { Guest } from './guest.ts';
export type { Arguments } from './transport.ts';
