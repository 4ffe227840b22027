export { cacheFolder } from './cache.ts';
export { type Component, component, MissingComponent, presentComponent, programOf } from './component.ts';
export { doctor } from './doctor.ts';
export { tryHold, withLock } from './lock.ts';
export { type ComponentName, recipeOf, recipes } from './recipes/index.ts';
export { versions } from './versions.ts';
