import type { Exclusion } from '@tillgate/analysis';
import { type PrometheusClient, readWindows } from '@tillgate/analysis/prometheus';
import { clockAt } from '@tillgate/host';
import type { Counts } from '../ports.ts';
import { reaching } from './reaching.ts';

/** A pod, as far as its age matters. */
export interface PodAge {
  name: string;
  ip: string | undefined;
  ports: readonly number[];
  /** ms; undefined: not ready yet. */
  readySince: number | undefined;
  createdAt: number;
}

/**
 * What a pod did while it warmed up does not count: it is found by its name in the label `pod`, or by its address in
 * `instance`. A pod that is not ready yet warms up without end.
 */
export function warmingUp(pods: readonly PodAge[], warmUpMs: number): Exclusion[] {
  return pods.flatMap(({ name, ip, ports, readySince, createdAt }) => {
    const until = readySince === undefined ? Number.POSITIVE_INFINITY : readySince + warmUpMs;
    const values = [
      { label: 'pod', value: name },
      ...(ip ? ports.map((port) => ({ label: 'instance', value: `${ip}:${port}` })) : []),
    ];
    return values.map((each) => ({ ...each, from: createdAt, until }));
  });
}

/** Counts from Prometheus, without what pods did while they warmed up. */
export function prometheusCounts(
  client: PrometheusClient,
  world: { now(): Promise<number>; pods(): Promise<readonly PodAge[]>; warmUpMs: number },
): Counts {
  return {
    async read(readings, timing, cursor, signal) {
      const [now, pods] = await Promise.all([reaching(world.now()), world.pods()]);
      const { windows, faults } = await readWindows(client, readings, cursor, clockAt(now, 'the API server'), timing, {
        exclusions: warmingUp(pods, world.warmUpMs),
        ...(signal && { signal }),
      });
      return { windows, faults };
    },
  };
}
