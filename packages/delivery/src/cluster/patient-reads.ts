import { KubernetesError, type Writer } from '@tillgate/kubernetes';
import { realPace } from '../drive/pace.ts';

const TRIES = 5;
/** Before the second try, in ms; twice as long before each further one, and anywhere between half of it and all. */
const FIRST = 100;
/** A server that asks for a longer rest is told to be away, and asked again with the next look. */
const LONGEST = 2_000;

/**
 * The same cluster, asked again where a question got no answer. One look asks a dozen of them, and all must be answered
 * for anything to be decided: over a line on which every fifth call fails, that is one look in fifteen, and with five tries each
 * nearly every one. Only questions are repeated; what is to be written is decided anew by whoever asked for it.
 *
 * @param hurry ends this patience: what gets no answer from then on is left to whoever asked
 */
export function patientReads(over: Writer, hurry?: AbortSignal): Writer {
  const again =
    <A extends unknown[], T>(ask: (...given: A) => Promise<T>) =>
    async (...given: A): Promise<T> => {
      for (let tries = 1; ; tries++) {
        try {
          return await ask(...given);
        } catch (cause) {
          const rest = tries < TRIES && !hurry?.aborted ? restAfter(cause, tries) : undefined;
          if (rest === undefined) throw cause;
          await realPace.wait(rest, hurry);
        }
      }
    };
  return {
    credentials: over.credentials,
    get requests() {
      return over.requests;
    },
    create: over.create.bind(over),
    apply: over.apply.bind(over),
    patch: over.patch.bind(over),
    remove: over.remove.bind(over),
    watch: over.watch.bind(over),
    read: again(over.read.bind(over)) as Writer['read'],
    list: again(over.list.bind(over)) as Writer['list'],
    now: again(over.now.bind(over)),
    uid: again(over.uid.bind(over)),
  };
}

/** How long to wait before the same is asked again, in ms; undefined where that helps nothing. */
function restAfter(cause: unknown, tries: number): number | undefined {
  // One that took its whole time is not asked again: the next look comes soon enough.
  if (!(cause instanceof KubernetesError) || !cause.retriable || cause.reason === 'timeout') return undefined;
  const rest = Math.max(cause.retryAfterMs ?? 0, FIRST * 2 ** (tries - 1) * (0.5 + Math.random() / 2));
  return rest <= LONGEST ? rest : undefined;
}
