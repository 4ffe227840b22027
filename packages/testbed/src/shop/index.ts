export { type Answer, behave, type ShopBehaviour } from './behaviour.ts';

/** What makes shops of pods: `startCluster({ runtimes: [shopRuntime] })`. */
export const shopRuntime = new URL('./runtime.ts', import.meta.url).href;
