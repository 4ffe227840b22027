import type { Ending, Frame } from '@tillgate/action-kit';
import {
  contradictionOf,
  type Found,
  LANE,
  Refused,
  type Status,
  Superseded,
  type WayBack,
  wayBack,
} from '@tillgate/delivery';
import { type Environment, type OpenDelivery, openDelivery } from '@tillgate/delivery/cluster';
import { recordDigest, type Signer } from '@tillgate/signing';
import { deploymentIn, reasonIn, signerIn } from './asked.ts';
import { left, nothing, planned, refused } from './endings.ts';
import { goBack, whyNot } from './go-back.ts';
import type { inputs } from './inputs.ts';
import { backWithout, leaveDelivery, leaveRecovery } from './leave.ts';
import { verifyAfter } from './look-after.ts';

export type RollBackFrame = Frame<typeof inputs>;

/** A release that is taken back, and everything that this rests on. */
export interface Taking {
  /** Why, as it will stand in the record. */
  reason: string;
  place: OpenDelivery;
  environment: Environment;
  way: Extract<WayBack, Found>;
  kept: { record: string; actRecord: string | undefined };
  status: Status | undefined;
  signer: Signer;
}

/** Looks for the way back, tells it, and goes it where it was told to. */
export async function rollBack(frame: RollBackFrame): Promise<Ending> {
  const { inputs, secrets, log } = frame;
  const deployment = deploymentIn(inputs);
  const reason = reasonIn(inputs);
  const place = openDelivery({
    kubeconfig: inputs.kubeconfig,
    namespace: inputs.namespace,
    deployment,
    prometheusUrl: inputs['prometheus-url'],
    who: `rollback of ${process.env.GITHUB_REPOSITORY ?? 'local'} run ${process.env.GITHUB_RUN_ID ?? '0'}`,
    hurry: frame.signal,
  });
  for (const credential of place.writer.credentials) secrets.add(credential);
  try {
    const [environment, identity, lying] = await Promise.all([
      place.environment.read(),
      place.identity(),
      place.kept(),
    ]);
    const { record, status } = lying;
    const actRecord = lying.actRecords.find((each) => recordDigest(Buffer.from(each)) === environment.head?.digest);
    if (lying.unreadable !== undefined)
      log.warn(`${lying.unreadable} The signed record says where to go back to; the way is taken from it alone.`);
    const told = wayBack({
      ...{ environment, identity, record, actRecord, status },
      only: inputs['record-digest'],
      unfinishedOnly: inputs['unfinished-only'],
    });
    const way = await asFound(told, place, log);
    if (way.to === 'refuse') return refused(way.objections);
    if (way.to === 'nothing') return nothing(way.why);
    if (way.to === 'leave') return left(way);
    if (!way.asSigned) log.warn(OTHER_WAY);
    if (!inputs.execute) return planned(way, inputs.quarantine);
    const signer = signerIn(inputs, environment, way.to === 'record' ? 'delivery' : 'recovery');
    const kept = { record: record as string, actRecord };
    return await take({ reason, place, environment, way, kept, status, signer }, frame);
  } catch (cause) {
    if (cause instanceof Refused) return refused([{ code: 'refused', message: cause.message }]);
    if (cause instanceof Superseded) return refused([{ code: 'superseded', message: cause.message }]);
    throw cause;
  }
}

const OTHER_WAY =
  'The way back differs from the one that was signed with the release: another version of this suite made it. Where it leads is the same.';

/**
 * A way that rests on the end that the state tells, once that is held against what stands there. Where it only says that all
 * is back, and it is not, the way back is gone; where it says that a delivery is over that nobody may take back here, somebody
 * has to look.
 *
 * @throws Refused
 */
async function asFound(way: WayBack, place: OpenDelivery, log: RollBackFrame['log']): Promise<WayBack> {
  if (way.to !== 'verify' && way.to !== 'record') return way;
  const plan = way.to === 'verify' ? way.went : way.plan;
  const contradiction = contradictionOf(plan, way.status, await place.at(plan).target.observe(LANE));
  if (contradiction === undefined) return way;
  if (way.to === 'record') throw new Refused(`${contradiction} No record was signed.`);
  const { went: _, status: __, ...found } = way;
  log.warn(`${contradiction} This one takes it back.`);
  return { ...found, to: 'begin' };
}

/** Goes back, looks whether it is so, and leaves the record; or leaves the record of what is over already. */
async function take(taking: Taking, frame: RollBackFrame): Promise<Ending> {
  if (taking.way.to === 'record') return leaveDelivery(taking, taking.way.status, frame);
  const gone = await goBack(taking, frame);
  // From here on all is back, whatever comes.
  const missing = [...gone.missing];
  const lacking = (what: string) => (cause: unknown) => void missing.push(`${what}: ${whyNot(cause)}`);
  const verified = await verifyAfter(taking, gone, frame).catch(lacking('It was not looked at'));
  if (verified && missing.length === 0) {
    const left = await leaveRecovery(taking, gone, verified, frame).catch(lacking('No record of it is left'));
    if (left) return left;
  } else missing.push('No record of it is left yet: it would say that all was done.');
  return backWithout(taking, gone, { verified, missing });
}
