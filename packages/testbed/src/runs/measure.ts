import { listRuns } from './run.ts';

/** Runs `work` and returns its result with the milliseconds it took. */
export async function timed<T>(work: () => Promise<T>): Promise<[result: T, millis: number]> {
  const started = performance.now();
  const result = await work();
  return [result, performance.now() - started];
}

/** Memory of this process's runs of a kind, in MiB. */
export async function memoryMiB(kind: string): Promise<number> {
  const runs = (await listRuns()).filter((each) => each.kind === kind && each.opener === process.pid);
  return runs.reduce((sum, each) => sum + each.memoryBytes, 0) / 2 ** 20;
}
