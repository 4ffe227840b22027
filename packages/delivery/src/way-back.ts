import { digestOfValue, type EnvironmentIdentity, type Sha256 } from '@tillgate/release';
import {
  KeySetError,
  parseKeySet,
  RecordRefused,
  type ReleaseRecord,
  readSignedActRecord,
  readSignedRecord,
  recordDigest,
} from '@tillgate/signing';
import { type EnvironmentSaid, type Objection, requireEnvironment } from './admit.ts';
import { isDriversWord } from './drive/own-word.ts';
import { rollbackOf } from './from-policy.ts';
import { endOf, phaseOf } from './phase.ts';
import type { Plan } from './plan.ts';
import { planIn, whyElsewhere } from './plan-in.ts';
import { Refused } from './ports.ts';
import type { Status } from './status.ts';

/** What a way back is looked for in. */
export interface WayBackAsked {
  environment: Pick<EnvironmentSaid, 'head' | 'environment' | 'keys'>;
  identity: EnvironmentIdentity;
  /** The signed release record that lies in the state object, as text. */
  record: string | undefined;
  /** The signed record of the act that ended last, as text. */
  actRecord: string | undefined;
  status: Status | undefined;
  /** Take back only the release with this record; undefined: whichever is the newest. */
  only: Sha256 | undefined;
  /** Take back only what is not over: for a job that follows one whose runner died, with nothing known against the release. */
  unfinishedOnly: boolean;
}

/** The release that would be taken back, and what of it is trusted: it is the one that the environment names. */
export interface Found {
  record: ReleaseRecord;
  /** Digest of the release record. */
  digest: Sha256;
  /** How it was delivered. */
  plan: Plan;
  /** The plan that takes it back, once it was promoted. */
  back: Plan;
  /** Whether that is the plan that was signed with it. */
  asSigned: boolean;
}

/** What a rollback comes to. */
export type WayBack =
  /** A canary is on its way: it is taken over under the next epoch, and turned. */
  | ({ to: 'turn' } & Found)
  /** It was promoted: another plan takes it back. */
  | ({ to: 'begin' } & Found)
  /** A rollback was begun, and goes on. */
  | ({ to: 'resume' } & Found)
  /** It is back, by the plan that it went; whoever took it back left no record, so nobody has looked at it since. */
  | ({ to: 'verify'; went: Plan; status: Status } & Found)
  /** The delivery is over, and only its own record is missing. Asked for what is unfinished, nothing is taken back. */
  | ({ to: 'record'; status: Status } & Found)
  /** Everybody has the new version, and its watch was interrupted. Asked for what is unfinished, it stays. */
  | ({ to: 'leave' } & Found)
  /** Nothing is left to do. */
  | { to: 'nothing'; why: string }
  | { to: 'refuse'; objections: Objection[] };

/**
 * The way back of the release that the environment names as its newest: to what ran before it, and to nothing else.
 * Pure. No freeze and no expiry is asked. Records are signed by keys of the environment; one whose key was revoked since
 * is taken back too, because that is when it matters most.
 */
export function wayBack(asked: WayBackAsked): WayBack {
  const refuse = (code: string, message: string): WayBack => ({ to: 'refuse', objections: [{ code, message }] });
  const { head } = asked.environment;
  if (!head)
    return refuse(
      'no-record',
      'The environment names no record: nothing was ever delivered here that could be taken back.',
    );
  const kept = asked.record === undefined ? undefined : recordDigest(Buffer.from(asked.record));
  if (asked.only !== undefined && kept !== asked.only) {
    if (head.digest !== asked.only)
      return {
        to: 'nothing',
        why: `The delivery of the record ${asked.only} was never begun here, or another came after it.`,
      };
    return refuse(
      'no-state',
      `The environment names the record ${asked.only} as its newest, but there is no state of its delivery. Either it was interrupted before anything was touched, and running its job again begins it; or its state was removed. Look at what runs: docs/delivery-on-call.md.`,
    );
  }
  if (asked.record === undefined)
    return refuse(
      'no-state',
      'The state of the last delivery is gone, and with it the signed record that says what ran before. Roll back by hand: docs/delivery-on-call.md.',
    );
  try {
    const chain = headOf(asked as WayBackAsked & { record: string }, head);
    if (chain.kind === 'other')
      return refuse(
        'not-the-head',
        'The records that lie in the state object are not the ones that the environment names: the state was edited, another act came between, or a newer release was interrupted before it began (then run its job again). Nothing is taken from it.',
      );
    if (chain.kind === 'over') return { to: 'nothing', why: chain.why };
    const found = foundIn(chain.record, chain.digest);
    requireEnvironment(found.record, asked.environment.environment);
    const elsewhere = whyElsewhere(found.plan, found.record, asked.identity);
    if (elsewhere !== undefined) return refuse('other-identity', elsewhere);
    const closed = whyCodeStays(found.record);
    if (closed) return refuse('data-changed', closed);
    return decided(asked, found, chain.recorded);
  } catch (cause) {
    if (cause instanceof RecordRefused) return refuse(cause.reason, cause.message);
    if (cause instanceof KeySetError) return refuse('keys', `${cause.message} The platform team owns it.`);
    if (cause instanceof Refused) return refuse('plan', cause.message);
    throw cause;
  }
}

/** @param recorded whether the record of the delivery is the head: then it ended as that says, whatever the state does */
function decided({ status, unfinishedOnly }: WayBackAsked, found: Found, recorded: boolean): WayBack {
  const begun = status !== undefined && status.plan === digestOfValue(found.back);
  if (begun) {
    const over = phaseOf(found.back, status) === 'returned';
    return over ? { to: 'verify', went: found.back, status, ...found } : { to: 'resume', ...found };
  }
  if (unfinishedOnly && recorded)
    return { to: 'nothing', why: 'The delivery is over and its record is left: it was not interrupted.' };
  if (!status) return { to: 'begin', ...found };
  if (status.plan !== digestOfValue(found.plan)) {
    const message =
      'The state object is of another plan than the record that the environment names: it was edited. Nothing is taken from it.';
    return { to: 'refuse', objections: [{ code: 'state-edited', message }] };
  }
  if (recorded) return { to: 'begin', ...found };
  if (unfinishedOnly) return asInterrupted(status, found);
  const phase = phaseOf(found.plan, status);
  if (phase === 'returned') return { to: 'verify', went: found.plan, status, ...found };
  return { to: phase === 'promoted' || phase === 'held' ? 'begin' : 'turn', ...found };
}

/** A delivery whose runner died: what nothing is known against goes where its plan would leave it. */
function asInterrupted(status: Status, found: Found): WayBack {
  const end = endOf(found.plan, status);
  if (end === 'returned' && status.heard.some(isDriversWord))
    return { to: 'verify', went: found.plan, status, ...found };
  if (end) return { to: 'record', status, ...found };
  return status.safe === 'new' ? { to: 'leave', ...found } : { to: 'turn', ...found };
}

type Head = NonNullable<EnvironmentSaid['head']>;

type Chain =
  | { kind: 'release'; record: ReleaseRecord; digest: Sha256; recorded: boolean }
  | { kind: 'over'; why: string }
  | { kind: 'other' };

/**
 * The release record that the head stands for: it is the head, or the head is the record of its delivery. Both bear the
 * number that the environment gives to its head, so that an older one cannot be put in its place.
 */
function headOf({ environment, record, actRecord }: WayBackAsked & { record: string }, head: Head): Chain {
  const keys = parseKeySet(Buffer.from(environment.keys));
  const file = Buffer.from(record);
  const digest = recordDigest(file);
  if (digest === head.digest) {
    const released = readSignedRecord(file, keys, 'accept');
    return released.sequence === head.sequence
      ? { kind: 'release', record: released, digest, recorded: false }
      : { kind: 'other' };
  }
  const act = actRecord === undefined ? undefined : Buffer.from(actRecord);
  if (!act || recordDigest(act) !== head.digest) return { kind: 'other' };
  const delivered = ofKind(() => readSignedActRecord(act, keys, 'delivery', 'accept'));
  if (!delivered) {
    const { to, reason } = readSignedActRecord(act, keys, 'recovery', 'accept');
    return { kind: 'over', why: `The newest record is a rollback to ${to} already (${reason}).` };
  }
  if (delivered.record !== digest || delivered.sequence !== head.sequence) return { kind: 'other' };
  if (delivered.end === 'returned')
    return { kind: 'over', why: `The release went back to ${delivered.from} by itself.` };
  return { kind: 'release', record: readSignedRecord(file, keys, 'accept'), digest, recorded: true };
}

function ofKind<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (cause) {
    if (cause instanceof RecordRefused && (cause.reason === 'predicate-type' || cause.reason === 'kind'))
      return undefined;
    throw cause;
  }
}

function foundIn(record: ReleaseRecord, digest: Sha256): Found {
  const plan = planIn(record);
  const back = rollbackOf(plan);
  return { record, digest, plan, back, asSigned: record.recovery.plan === digestOfValue(back) };
}

/** Why the old code must not be put on these data; undefined where it may. */
function whyCodeStays({ data, recovery }: ReleaseRecord): string | undefined {
  const modules = [...new Set(data?.units.flatMap(({ modulesToUpdate }) => modulesToUpdate) ?? [])].sort();
  const mayGo = data?.units.length && data.units.every(({ oldOnNew }) => oldOnNew === 'yes') && modules.length === 0;
  if (mayGo) return undefined;
  const why =
    modules.length > 0
      ? `Modules were updated with this release (${modules.join(', ')}), so the old code need not work on the data as they are now.`
      : 'It is not known whether the old code works on the data that the new one has written.';
  const open = recovery.open.filter(({ act }) => act !== 'rollback').map(({ act, how }) => `${act}: ${how}`);
  return `${why} The image alone is not taken back. Open is: ${open.length > 0 ? open.join(' ') : 'roll-forward, with a corrected release; no restore point was verified for this one.'}`;
}
