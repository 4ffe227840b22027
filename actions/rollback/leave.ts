import { dirname, join } from 'node:path';
import { actingRun, type Ending, inWorkspace } from '@tillgate/action-kit';
import { deliveryRecordOf, LANE, recoveryRecordOf, type Status } from '@tillgate/delivery';
import { leaveRecord } from '@tillgate/delivery/cluster';
import { writeWhole } from '@tillgate/host';
import type { RecoveryRecord } from '@tillgate/signing';
import { backBut, delivered, done, nothing } from './endings.ts';
import type { Gone } from './go-back.ts';
import type { RollBackFrame, Taking } from './roll-back.ts';

/** Leaves the signed record of a way back, and tells how it ended. */
export async function leaveRecovery(
  { place, way, reason, signer }: Taking,
  { status, environment, startedAt, backAt, timeline, statuses }: Gone,
  verified: RecoveryRecord['verified'],
  { inputs, log }: RollBackFrame,
): Promise<Ending> {
  const quarantined = quarantinedOf(way, environment);
  const said = { reason, askedBy: process.env.GITHUB_ACTOR || null, verified, quarantined };
  const path = inWorkspace(inputs['recovery-record-file']);
  const { record, digest } = await leaveRecord(place, {
    ...{ kind: 'recovery', record: way.record, digest: way.digest, plan: way.plan, run: actingRun(), signer },
    epoch: status.epoch,
    recordOf: (around) => recoveryRecordOf(startedAt, said, around),
    save: (file) => writeWhole(path, file),
  });
  log.info(`Signed recovery record no. ${record.sequence} (${digest}): ${path}`);
  const ending = done(record, { path, seconds: secondsOf(startedAt, backAt), timeline });
  await statuses.end(ending.green ? 'success' : 'failure', `Rolled back: ${reason}`);
  return ending;
}

/**
 * Tells a way back that was gone, and of which something is missing. It leaves no record: that would end the chain, and with
 * it the next run, which does what is missing.
 */
export async function backWithout(
  { way, reason }: Taking,
  { environment, startedAt, backAt, timeline, statuses }: Gone,
  { verified, missing }: { verified: RecoveryRecord['verified'] | undefined; missing: readonly string[] },
): Promise<Ending> {
  await statuses.end('failure', `Rolled back, and not all of it was done: ${reason}`);
  const { from: to, to: from } = way.plan;
  const quarantined = quarantinedOf(way, environment);
  return backBut(
    { from, to, reason, verified: verified ?? [], quarantined },
    { missing, seconds: secondsOf(startedAt, backAt), timeline },
  );
}

const quarantinedOf = ({ plan: { to } }: Taking['way'], { quarantine }: Taking['environment']) =>
  quarantine.some(({ digest }) => digest === to) ? [to] : [];

const secondsOf = (startedAt: number, backAt: number) => Math.round((backAt - startedAt) / 1000);

/** Leaves the record of a delivery that is over and whose own runner died before it did; nothing is taken back. */
export async function leaveDelivery(
  { place, way, signer }: Taking,
  status: Status,
  { inputs, log }: RollBackFrame,
): Promise<Ending> {
  const { stable } = await place.at(way.plan).target.observe(LANE);
  const path = join(dirname(inWorkspace(inputs['recovery-record-file'])), 'delivery-record.json');
  const { record, digest } = await leaveRecord(place, {
    ...{ kind: 'delivery', record: way.record, digest: way.digest, plan: way.plan, run: actingRun(), signer },
    epoch: status.epoch,
    recordOf: (around) => deliveryRecordOf(status, stable.running, around),
    save: (file) => writeWhole(path, file),
  });
  if (record.kind === 'recovery')
    return nothing(`A rollback to ${record.to} was faster, and has recorded it: no. ${record.sequence} (${digest}).`);
  log.info(`Signed delivery record no. ${record.sequence} (${digest}): ${path}`);
  return delivered(record);
}
