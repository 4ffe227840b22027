import type { ArgoSettings, FlaggerSettings } from '../detection/rules.ts';

/** What becomes of requests in one trace: shares answered with status 500, and how many are made a second. */
interface TraceOptions {
  name: string;
  perSecond: number;
  stable: number;
  candidate: number;
}

/** The traces that both controllers are watched in. */
export const TRACES: readonly TraceOptions[] = [
  { name: 'healthy', perSecond: 10, stable: 0.003, candidate: 0.003 },
  { name: 'tenfold', perSecond: 10, stable: 0.003, candidate: 0.03 },
  { name: 'hundredfold', perSecond: 10, stable: 0.003, candidate: 0.3 },
  { name: 'broken', perSecond: 10, stable: 0.003, candidate: 1 },
  { name: 'silent', perSecond: 0, stable: 0, candidate: 0 },
];

/** A controller with its settings. */
export type Rival =
  | { controller: 'flagger'; name: string; settings: FlaggerSettings; stepWeight: number; maxWeight: number }
  | { controller: 'argo'; name: string; settings: ArgoSettings; weight: number };

/** The window that Flagger's metric looks back, seconds: its documented `interval: 1m` of a metric. */
export const FLAGGER_WINDOW = 60;

/** As documented: Flagger looks every minute, Argo Rollouts every five; and Argo Rollouts every minute. */
export const RIVALS: readonly Rival[] = [
  {
    controller: 'flagger',
    name: 'flagger',
    settings: { interval: 60, least: 0.99, threshold: 5 },
    stepWeight: 10,
    maxWeight: 50,
  },
  {
    controller: 'argo',
    name: 'argo-5m',
    settings: { interval: 300, least: 0.95, failureLimit: 3, initialDelay: 0 },
    weight: 10,
  },
  {
    controller: 'argo',
    name: 'argo-1m',
    settings: { interval: 60, least: 0.95, failureLimit: 3, initialDelay: 0 },
    weight: 10,
  },
];

/** The same rules looking more often, to try the benchmark itself. */
export const QUICK: readonly Rival[] = [
  {
    controller: 'flagger',
    name: 'flagger',
    settings: { interval: 15, least: 0.99, threshold: 5 },
    stepWeight: 10,
    maxWeight: 50,
  },
  {
    controller: 'argo',
    name: 'argo-20s',
    settings: { interval: 20, least: 0.95, failureLimit: 3, initialDelay: 0 },
    weight: 10,
  },
];

/** One rival in one trace, in a namespace of its own. */
export interface App {
  rival: Rival;
  trace: TraceOptions;
  namespace: string;
}

export const appsOf = (rivals: readonly Rival[]): App[] =>
  rivals.flatMap((rival) => TRACES.map((trace) => ({ rival, trace, namespace: `${rival.name}-${trace.name}` })));

export const hostOf = ({ namespace }: App) => `${namespace}.shop.test`;
export const imageOf = ({ namespace }: App, version: 1 | 2) => `example.test/${namespace}-shop:${version}`;
/** The names by which Traefik counts what each version answered. */
export const servicesOf = ({ namespace, rival }: App) => ({
  candidate: `${namespace}-shop-canary-80@kubernetescrd`,
  stable: `${namespace}-shop-${rival.controller === 'flagger' ? 'primary' : 'stable'}-80@kubernetescrd`,
});
