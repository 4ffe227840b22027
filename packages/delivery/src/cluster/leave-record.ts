import { instantOf, type Sha256 } from '@tillgate/release';
import {
  type ActRecord,
  parseKeySet,
  recordDigest,
  type Signer,
  signActRecord,
  singleUseId,
  verifyActRecord,
} from '@tillgate/signing';
import { Refused } from '../ports.ts';
import { type ActCircumstances, isRecordOf } from '../tell/records.ts';
import type { Head } from './environment.ts';
import type { OpenDelivery } from './open-delivery.ts';

/** The record of an act that ended, as it is to be left. */
export interface Leaving<K extends ActRecord['kind']>
  extends Pick<ActCircumstances, 'record' | 'digest' | 'plan' | 'run'> {
  kind: K;
  /** Under which the act was driven. */
  epoch: number;
  signer: Signer;
  /** The images that may run from then on; undefined: those that may run until then. */
  allowed?: readonly Sha256[];
  /** @throws where it must not follow this head */
  mayFollow(head: Head): void;
  recordOf(around: ActCircumstances): Extract<ActRecord, { kind: K }>;
  /** Keeps the file, before the head names it. */
  save(file: Uint8Array): Promise<void>;
}

/** A record that was left. */
export interface Left<K extends ActRecord['kind']> {
  record: Extract<ActRecord, { kind: K }>;
  digest: Sha256;
}

/**
 * Leaves the signed record of an act: beside the status, as a file, and then as the head of the chain. Done again after
 * a runner died anywhere in between, it goes on with the record that lies there.
 *
 * @throws Superseded, Refused, Unavailable
 */
export async function leaveRecord<K extends ActRecord['kind']>(
  place: Pick<OpenDelivery, 'environment' | 'writer' | 'keep'>,
  { kind, epoch, signer, allowed, mayFollow, recordOf, save, ...basis }: Leaving<K>,
): Promise<Left<K>> {
  const [environment, at] = [await place.environment.read(), await place.writer.now()];
  const { head } = environment;
  if (!head)
    throw new Refused('The environment object lost its head meanwhile: the platform team has to say what it is.');
  mayFollow(head);
  const keys = parseKeySet(Buffer.from(environment.keys));
  const around: ActCircumstances = { ...basis, head, at, nonce: singleUseId() };
  const signed = await place.keep({
    epoch,
    head: head.digest,
    counts: (each) => isRecordOf(kind, Buffer.from(each), { keys, ...around }),
    sign: async () => new TextDecoder().decode(await signActRecord(recordOf(around), signer)),
  });
  const file = Buffer.from(signed);
  const { record } = verifyActRecord(file, keys, kind, instantOf(at));
  const digest = recordDigest(file);
  await save(file);
  const { sequence, commit } = record;
  await place.environment.swap(environment, {
    head: { sequence, digest, ...(commit !== null && { commit }) },
    ...(allowed && { allowed }),
  });
  return { record, digest };
}
