import type { KubeObject, Ref, Writer } from '@tillgate/kubernetes';
import { Superseded } from '../ports.ts';
import { EPOCH } from './names.ts';
import { mayTake } from './owners.ts';
import { reaching } from './reaching.ts';

/** The epoch that an object was stamped with; 0 where it never was. */
export function epochOf(object: KubeObject): number {
  const epoch = Number(object.metadata.annotations?.[EPOCH] ?? 0);
  return Number.isSafeInteger(epoch) ? epoch : Number.POSITIVE_INFINITY; // edited by hand: nobody may go on
}

/**
 * Demands that nobody with a higher epoch has been here. Together with the resourceVersion of this reading on the
 * write that follows, whoever was superseded meanwhile writes nothing.
 *
 * @throws Superseded
 */
export function guard(object: KubeObject, epoch: number): void {
  const found = epochOf(object);
  if (found > epoch) {
    const { namespace, name } = object.metadata;
    throw new Superseded(
      `${object.kind ?? 'The object'} ${namespace}/${name} is held under epoch ${found}; ours is ${epoch}. Somebody else has taken over this delivery.`,
    );
  }
}

/**
 * Server-side apply of what is ours, without force; fields that our own patches wrote under another operation are taken.
 *
 * @throws Refused where a field belongs to somebody else; KubernetesError `conflict` where the object has changed
 */
export async function take<T extends KubeObject>(writer: Writer, ref: Ref, object: object, what: string): Promise<T> {
  try {
    return await reaching(writer.apply<T>(ref, object));
  } catch (cause) {
    if (!mayTake(cause, what)) throw cause;
    return reaching(writer.apply<T>(ref, object, { force: true }));
  }
}
