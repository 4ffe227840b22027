import { instantOf, type Sha256 } from '@tillgate/release';
import {
  type ActRecord,
  parseKeySet,
  RecordRefused,
  readSignedActRecord,
  recordDigest,
  type Signer,
  signActRecord,
  singleUseId,
  verifyActRecord,
} from '@tillgate/signing';
import { Refused, Superseded } from '../ports.ts';
import type { ActCircumstances } from '../tell/records.ts';
import { Changed, type Environment, type EnvironmentObject, type Head } from './environment.ts';
import type { Kept } from './kept.ts';
import type { OpenDelivery } from './open-delivery.ts';

/** The record of an act that ended, as it is to be left. */
export interface Leaving<K extends ActRecord['kind']>
  extends Pick<ActCircumstances, 'record' | 'digest' | 'plan' | 'run'> {
  kind: K;
  /** Under which the act was driven. */
  epoch: number;
  signer: Signer;
  recordOf(around: ActCircumstances): Extract<ActRecord, { kind: K }>;
  /** Keeps the file of a record of this kind, before the head names it. */
  save(file: Uint8Array): Promise<void>;
}

/** A record that is in the chain. */
export interface Left<K extends ActRecord['kind']> {
  record: Extract<ActRecord, { kind: K }>;
  digest: Sha256;
}

const TRIES = 8;

/**
 * Leaves the signed record of an act: beside the status, as a file, and then as the head of the chain. Done again after
 * a runner died anywhere in between, it goes on with the record that lies there.
 *
 * Where a delivery went back by itself, its own run and a rollback may both come to record it. Whichever record lies there
 * first becomes the head, whoever brings that about, and a recovery then follows a delivery. A delivery follows its release
 * and nothing else: where the recovery was first, it alone says that the release was taken back.
 *
 * @returns the record that says it: for a delivery that may be the recovery
 * @throws Superseded, Refused, Unavailable
 */
export async function leaveRecord<K extends ActRecord['kind']>(
  place: Pick<OpenDelivery, 'environment' | 'writer' | 'kept' | 'keep'>,
  { kind, epoch, signer, recordOf, save, ...basis }: Leaving<K>,
): Promise<Left<K | 'recovery'>> {
  for (let tries = 0; tries < TRIES; tries++) {
    const [environment, at] = [await place.environment.read(), await place.writer.now()];
    const { head } = environment;
    if (!head)
      throw new Refused('The environment object lost its head meanwhile: the platform team has to say what it is.');
    const keys = parseKeySet(Buffer.from(environment.keys));
    const written = ({ actRecords }: Kept) =>
      actRecords.flatMap((each) => actIn(each, (file, of) => readSignedActRecord(file, keys, of, 'accept')) ?? []);
    const said =
      head.digest === basis.digest ? undefined : saidOf(kind, basis.digest, head, written(await place.kept()));
    if (said) {
      if (said.record.kind === kind) await save(said.file);
      return said as Left<K | 'recovery'>;
    }
    const around: ActCircumstances = { ...basis, head, at, nonce: singleUseId() };
    const verified = (text: string) => actIn(text, (file, of) => verifyActRecord(file, keys, of, instantOf(at)).record);
    const signed = await place.keep({
      epoch,
      head: head.digest,
      counts: (each) => {
        const { previous, record } = verified(each)?.record ?? {};
        return previous === head.digest && record === basis.digest;
      },
      sign: async () => new TextDecoder().decode(await signActRecord(recordOf(around), signer)),
    });
    const next = verified(signed);
    if (!next)
      throw new Refused(`The keys of ${environment.environment} do not verify the ${kind} record that was signed.`);
    if (next.record.kind === kind) await save(next.file);
    const isHead = await becameHead(place.environment, environment, next);
    if (isHead && (next.record.kind === kind || kind === 'delivery')) return next as Left<K | 'recovery'>;
  }
  throw new Superseded('The chain of this environment changes faster than it can be written.');
}

/** The signed record of an act, with the file that it was read from. */
interface Act extends Left<ActRecord['kind']> {
  file: Buffer;
}

/**
 * The record that says it already, where the head is an act of this release; undefined where the one to be left may follow it.
 *
 * @param acts of the chain, as far as they lie there
 * @throws Superseded where the head is anything else
 */
function saidOf(kind: ActRecord['kind'], release: Sha256, head: Head, acts: readonly Act[]): Act | undefined {
  const last = acts.find(({ digest }) => digest === head.digest);
  if (last?.record.record !== release)
    throw new Superseded(
      `The head of the environment is record no. ${head.sequence} (${head.digest}), which is neither the release ${release} nor an act of it: somebody else has written the chain meanwhile. No ${kind} record was left.`,
    );
  if (kind === 'recovery') return last.record.kind === 'recovery' ? last : undefined;
  return acts.find(({ digest }) => digest === last.record.previous) ?? last;
}

/** Undefined for what is none, or none that is to be trusted. */
function actIn(text: string, read: (file: Buffer, kind: ActRecord['kind']) => ActRecord): Act | undefined {
  const file = Buffer.from(text);
  for (const kind of ['delivery', 'recovery'] as const) {
    try {
      return { record: read(file, kind), digest: recordDigest(file), file };
    } catch (cause) {
      if (!(cause instanceof RecordRefused)) throw cause; // of the other kind, or nobody's
    }
  }
  return undefined;
}

/** @returns false where the chain, or what is judged by, has changed since it was read */
async function becameHead(object: EnvironmentObject, seen: Environment, { record, digest }: Act): Promise<boolean> {
  const { sequence, commit } = record;
  const head = { sequence, digest, ...(commit !== null && { commit }) };
  try {
    // What was taken back is let in by admission only for another record that brings it.
    await object.swap(seen, { head, ...(record.kind === 'recovery' && { allowed: [record.to] }) });
    return true;
  } catch (cause) {
    if (cause instanceof Superseded || cause instanceof Changed) return false;
    throw cause;
  }
}
