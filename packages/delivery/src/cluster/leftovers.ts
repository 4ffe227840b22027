import type { Ref, Writer } from '@tillgate/kubernetes';
import type { Plan } from '../plan.ts';
import { candidateName } from './names.ts';
import { reaching } from './reaching.ts';

/** What bears a candidate's name before there is one was made by nobody who may: it would be taken for ours, and removed. */
export function toldLeftover(what: string, name: string): string {
  return `There is ${what} ${name} already, which this delivery has not made; its candidate would bear that name. If an earlier delivery was held there, roll it back; else find out whose it is, and remove it.`;
}

/** Pods and their Service by a candidate's name: what would run is not what was approved. What the router makes, it looks for itself. */
export async function leftoverFaults(writer: Writer, { namespace, deployment }: Plan['workload']): Promise<string[]> {
  const name = candidateName(deployment);
  const found = await Promise.all(
    (['Deployment', 'Service'] as const).map(async (kind): Promise<string[]> => {
      const ref: Ref = { kind, namespace, name };
      return (await reaching(writer.read(ref))) ? [toldLeftover(`a ${kind}`, `${namespace}/${name}`)] : [];
    }),
  );
  return found.flat();
}
