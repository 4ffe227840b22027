export * from './components/index.ts';
export { type Needed, need, notRun, requireAll } from './require.ts';
