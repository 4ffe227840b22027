import type { Deployment } from './objects.ts';

interface Strategy {
  type?: string;
  rollingUpdate?: { maxSurge?: number | string; maxUnavailable?: number | string };
}

/** What Kubernetes takes for either bound where a Deployment says nothing. */
const UNSAID = '25%';

/** How many pods more than asked for there may be while a Deployment replaces its own. Percentages are rounded up, as Kubernetes does. */
export function surgeOf({ spec }: Deployment): number {
  const { type, rollingUpdate } = strategyOf(spec);
  if (type === 'Recreate') return 0;
  return countOf(rollingUpdate?.maxSurge, spec.replicas ?? 1, Math.ceil);
}

/**
 * Why nobody would be there to answer while a Deployment replaces its pods; undefined where somebody always is. Percentages
 * are rounded down, as Kubernetes does; where nothing may be away and nothing be added, it takes one away all the same.
 */
export function allAwayFault(stable: Deployment): string | undefined {
  const { metadata, spec } = stable;
  const { type = 'RollingUpdate', rollingUpdate } = strategyOf(spec);
  const replicas = spec.replicas ?? 1;
  const lost = `At promotion all pods of Deployment ${metadata.namespace}/${metadata.name} (${replicas}) could be away at once, while clients are sent to them: nobody would be answered until new ones are ready.`;
  if (type !== 'RollingUpdate')
    return `${lost} Its strategy is "${type}": take RollingUpdate, with maxUnavailable: 0 and maxSurge: 1.`;
  const away = countOf(rollingUpdate?.maxUnavailable, replicas, Math.floor);
  const least = away === 0 && surgeOf(stable) === 0 ? 1 : away;
  // What is no number is never below.
  if (least < replicas) return undefined;
  return `${lost} Its strategy has maxUnavailable: ${rollingUpdate?.maxUnavailable ?? UNSAID}: take maxUnavailable: 0 and maxSurge: 1.`;
}

const strategyOf = ({ strategy }: Deployment['spec']) => (strategy ?? {}) as Strategy;

function countOf(bound: number | string = UNSAID, replicas: number, round: (pods: number) => number): number {
  if (typeof bound === 'number') return bound;
  return round((Number.parseInt(bound, 10) * replicas) / 100);
}
