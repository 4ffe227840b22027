import { digestOfValue, type EnvironmentIdentity, type Sha256 } from '@tillgate/release';
import {
  RecordRefused,
  type ReleaseRecord,
  readPinnedActRecord,
  readPinnedRecord,
  recordDigest,
} from '@tillgate/signing';
import type { EnvironmentSaid, Objection } from './admit.ts';
import { rollbackOf } from './from-policy.ts';
import { phaseOf } from './phase.ts';
import type { Plan } from './plan.ts';
import { Refused } from './ports.ts';
import { readPlan } from './schema/plan.ts';
import type { Status } from './status.ts';

/** What a way back is looked for in. */
export interface WayBackAsked {
  environment: Pick<EnvironmentSaid, 'head' | 'environment'>;
  identity: EnvironmentIdentity;
  /** The signed release record that lies in the state object, as text. */
  record: string | undefined;
  /** The signed record of the act that ended last, as text. */
  actRecord: string | undefined;
  status: Status | undefined;
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
  /** A rollback was begun, and goes on; or it is over, and only its record is missing. */
  | ({ to: 'resume' } & Found)
  /** It is back already. */
  | { to: 'nothing'; why: string }
  | { to: 'refuse'; objections: Objection[] };

/**
 * The way back of the release that the environment names as its newest: to what ran before it, and to nothing else.
 * Pure. No freeze and no expiry is asked; signatures are not judged again, because digests are pinned.
 */
export function wayBack(asked: WayBackAsked): WayBack {
  const refuse = (code: string, message: string): WayBack => ({ to: 'refuse', objections: [{ code, message }] });
  const { head } = asked.environment;
  if (!head)
    return refuse(
      'no-record',
      'The environment names no record: nothing was ever delivered here that could be taken back.',
    );
  if (asked.record === undefined)
    return refuse(
      'no-state',
      'The state of the last delivery is gone, and with it the signed record that says what ran before. Roll back by hand: docs/delivery-on-call.md.',
    );
  try {
    const chain = headOf(asked as WayBackAsked & { record: string }, head.digest);
    if (chain.kind === 'other')
      return refuse(
        'not-the-head',
        'The records that lie in the state object are not the ones that the environment names: the state was edited, or another act came between. Nothing is taken from it.',
      );
    if (chain.kind === 'over') return { to: 'nothing', why: chain.why };
    const found = foundIn(chain.record, chain.digest);
    const place = found.record.environment.identity;
    if (
      !place ||
      place.clusterUid !== asked.identity.clusterUid ||
      place.namespace !== asked.identity.namespace ||
      place.workload !== asked.identity.workload
    )
      return refuse('other-identity', 'The newest record is for another cluster, namespace or workload than this one.');
    const closed = whyCodeStays(found.record);
    if (closed) return refuse('data-changed', closed);
    return decided(asked.status, found);
  } catch (cause) {
    if (cause instanceof RecordRefused) return refuse(cause.reason, cause.message);
    if (cause instanceof Refused) return refuse('plan', cause.message);
    throw cause;
  }
}

function decided(status: Status | undefined, found: Found): WayBack {
  if (!status) return { to: 'begin', ...found };
  if (status.plan === digestOfValue(found.back)) return { to: 'resume', ...found };
  if (status.plan !== digestOfValue(found.plan)) {
    const message =
      'The state object is of another plan than the record that the environment names: it was edited. Nothing is taken from it.';
    return { to: 'refuse', objections: [{ code: 'state-edited', message }] };
  }
  const phase = phaseOf(found.plan, status);
  if (phase === 'returned') return { to: 'nothing', why: `The release is back on ${found.plan.from} already.` };
  return { to: phase === 'promoted' || phase === 'held' ? 'begin' : 'turn', ...found };
}

type Chain =
  | { kind: 'release'; record: ReleaseRecord; digest: Sha256 }
  | { kind: 'over'; why: string }
  | { kind: 'other' };

/** The release record that the head stands for: it is the head, or the head is the record of its delivery. */
function headOf({ record, actRecord }: { record: string; actRecord: string | undefined }, head: Sha256): Chain {
  const file = Buffer.from(record);
  const digest = recordDigest(file);
  if (digest === head) return { kind: 'release', record: readPinnedRecord(file, head), digest };
  const act = actRecord === undefined ? undefined : Buffer.from(actRecord);
  if (!act || recordDigest(act) !== head) return { kind: 'other' };
  const delivered = ofKind(() => readPinnedActRecord(act, head, 'delivery'));
  if (!delivered) {
    const { to, reason } = readPinnedActRecord(act, head, 'recovery');
    return { kind: 'over', why: `The newest record is a rollback to ${to} already (${reason}).` };
  }
  if (delivered.record !== digest) return { kind: 'other' };
  if (delivered.end === 'returned')
    return { kind: 'over', why: `The release went back to ${delivered.from} by itself.` };
  return { kind: 'release', record: readPinnedRecord(file, digest), digest };
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
  if (record.delivery.frozen === null)
    throw new Refused('The newest record holds no delivery plan: it was not delivered by canary-deploy.');
  const plan = readPlan(record.delivery.frozen);
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
