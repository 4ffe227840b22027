import { KubernetesError } from '@tillgate/kubernetes';
import { Refused, Unavailable } from '../ports.ts';

/**
 * Asks the cluster in the words of a delivery: what may be tried again is Unavailable, what will not get better by
 * itself is Refused. A conflict is left as it is: only who asked knows what it means.
 *
 * @throws Unavailable, Refused, KubernetesError `conflict` or `exists`
 */
export async function reaching<T>(question: Promise<T>): Promise<T> {
  try {
    return await question;
  } catch (cause) {
    if (!(cause instanceof KubernetesError)) throw cause;
    if (cause.retriable) throw new Unavailable(cause.message, { cause });
    if (cause.reason === 'conflict' || cause.reason === 'exists') throw cause;
    throw new Refused(cause.message, { cause });
  }
}

/** Whether a write was refused because the object had changed since it was read. */
export function hasChanged(cause: unknown): boolean {
  return cause instanceof KubernetesError && cause.reason === 'conflict' && cause.owners.length === 0;
}
