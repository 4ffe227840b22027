import { actingRun, inWorkspace } from '@tillgate/action-kit';
import { deliveryRecordOf, type Status } from '@tillgate/delivery';
import { leaveRecord } from '@tillgate/delivery/cluster';
import { writeWhole } from '@tillgate/host';
import type { Sha256 } from '@tillgate/release';
import type { Admitted, DeliverFrame } from './deliver.ts';

/** Where the record of a delivery lies; or why there is none beside that of a rollback, which was faster. */
export interface DeliveryLeft {
  path?: string;
  why?: string;
}

/** Leaves the signed record of a delivery that is over. */
export async function leaveDelivery(
  { place, record, digest, plan, signer }: Admitted,
  status: Status,
  running: readonly Sha256[],
  { inputs, log }: DeliverFrame,
): Promise<DeliveryLeft> {
  const path = inWorkspace(inputs['delivery-record-file']);
  const { record: left, digest: by } = await leaveRecord(place, {
    ...{ kind: 'delivery', record, digest, plan, run: actingRun(), signer, epoch: status.epoch },
    recordOf: (around) => deliveryRecordOf(status, running, around),
    save: (bytes) => writeWhole(path, bytes),
  });
  if (left.kind === 'recovery')
    return {
      why: `A rollback was faster to record it: no. ${left.sequence} of the chain (${by}) says that ${left.from} was taken back, and why: ${left.reason} A delivery record follows its release and nothing else, so there is none beside it. What this delivery did is in its timeline.`,
    };
  log.info(`Signed delivery record no. ${left.sequence} (${by}): ${path}`);
  return { path };
}
