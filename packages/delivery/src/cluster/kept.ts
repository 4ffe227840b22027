import type { Ref, Writer } from '@tillgate/kubernetes';
import { digestOf, type Sha256 } from '@tillgate/release';
import { Refused, Superseded } from '../ports.ts';
import { readStatus } from '../schema/status.ts';
import type { Status } from '../status.ts';
import { epochOf } from './fenced.ts';
import type { Keyed } from './objects.ts';
import { hasChanged, reaching } from './reaching.ts';

/** What lies in the state object. */
export interface Kept {
  /** The signed release record; undefined where no delivery was ever begun. */
  record: string | undefined;
  /** The signed records of acts: the one that the chain's head may be, and the one that is to follow it. */
  actRecords: readonly string[];
  /** Whether what was begun has ended. */
  over: boolean;
  /** Undefined where none lies there, or nobody can read it. */
  status: Status | undefined;
  /** Why nobody can. */
  unreadable: string | undefined;
}

/** The signed record of an act that ended. */
export interface ActLeft {
  /** Under which the act was driven. */
  epoch: number;
  /** Digest of the record that it follows. */
  head: Sha256;
  /** Whether a signed record that lies there is that of this act: then it counts, and no second one is signed. */
  counts(actRecord: string): boolean;
  sign(): Promise<string>;
}

const TRIES = 8;

/** Reads what lies in the state object, and leaves records of acts there. */
export function keptBeside(writer: Writer, state: Ref) {
  return {
    async read(): Promise<Kept> {
      const data = (await reaching(writer.read<Keyed>(state)))?.data;
      return {
        record: data?.record,
        actRecords: actRecordsIn(data),
        over: data?.over === 'true',
        ...statusIn(data?.status),
      };
    },

    /**
     * Puts the record of an act there before it becomes the head, beside the one that is the head until then: whoever dies
     * in between leaves a chain that can be gone on with. Whoever comes later, or too late, gets the record that counts.
     *
     * @throws Superseded where somebody else has taken the delivery, or its state is gone
     */
    async keep({ epoch, head, counts, sign }: ActLeft): Promise<string> {
      let signed: string | undefined;
      for (let tries = 0; tries < TRIES; tries++) {
        const found = await reaching(writer.read<Keyed>(state));
        const here = `ConfigMap ${state.namespace}/${state.name}`;
        if (!found) throw new Superseded(`${here} is gone: somebody else has this delivery in hand.`);
        if (epochOf(found) > epoch)
          throw new Superseded(`${here} is held under epoch ${epochOf(found)}, no longer ${epoch}.`);
        const lying = actRecordsIn(found.data);
        const there = lying.find(counts);
        if (there !== undefined) return there;
        signed ??= await sign();
        const { resourceVersion } = found.metadata;
        const isHead = lying.find((each) => digestOf(each) === head) ?? null;
        const data = { 'act-record': isHead, 'next-record': signed };
        try {
          await reaching(writer.patch(state, 'merge', { metadata: { resourceVersion }, data }));
          return signed;
        } catch (cause) {
          if (!hasChanged(cause)) throw cause;
        }
      }
      throw new Superseded(`${state.name} changes faster than it can be written.`);
    },
  };
}

const actRecordsIn = (data: Keyed['data']): string[] =>
  [data?.['act-record'], data?.['next-record']].filter((each) => each !== undefined);

/** A status as it lies there, or why nobody can read it. */
export function statusIn(json: string | undefined): Pick<Kept, 'status' | 'unreadable'> {
  if (json === undefined) return { status: undefined, unreadable: undefined };
  try {
    return { status: readStatus(json), unreadable: undefined };
  } catch (cause) {
    if (!(cause instanceof Refused)) throw cause;
    return { status: undefined, unreadable: cause.message };
  }
}
