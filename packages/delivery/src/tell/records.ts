import { instantOf, type Sha256 } from '@tillgate/release';
import type { DeliveryRecord, RecoveryRecord, ReleaseRecord } from '@tillgate/signing';
import { endOf } from '../phase.ts';
import type { Plan } from '../plan.ts';
import type { Status } from '../status.ts';

/** What the record of an act says besides what became of it. */
export interface ActCircumstances {
  /** The signed release record that it rests on. */
  record: ReleaseRecord;
  digest: Sha256;
  plan: Plan;
  /** The head of the chain that it follows. */
  head: { sequence: number; digest: Sha256 };
  run: DeliveryRecord['run'];
  /** When it ended, ms by the API server's clock. */
  at: number;
  nonce: string;
}

/** The record of a delivery that is over. @throws Error for one that is not */
export function deliveryRecordOf(status: Status, running: readonly Sha256[], around: ActCircumstances): DeliveryRecord {
  const { record, digest, plan, at } = around;
  const end = endOf(plan, status);
  if (!end) throw new Error('A delivery that is not over has no record yet.');
  const { commits } = record;
  const { decided } = status;
  return {
    kind: 'delivery',
    ...headOf(around),
    record: digest,
    release: plan.release,
    plan: status.plan,
    from: plan.from,
    to: plan.to,
    commit: end === 'promoted' ? commits.to : end === 'returned' ? commits.from : null,
    end,
    decided: decided ? { by: decided.by, reason: decided.reason, at: instantOf(decided.at) } : null,
    running: [...running].sort(),
    epoch: status.epoch,
    steps: status.history.map(({ since, reached, left, ...rest }) => ({
      ...rest,
      since: instantOf(since),
      reached: reached === null ? null : instantOf(reached),
      left: instantOf(left),
    })),
    startedAt: instantOf(status.startedAt),
    endedAt: instantOf(at),
  };
}

/** The record of a rollback that ended. */
export function recoveryRecordOf(
  startedAt: number,
  told: Pick<RecoveryRecord, 'reason' | 'askedBy' | 'verified' | 'quarantined'>,
  around: ActCircumstances,
): RecoveryRecord {
  const { record, digest, plan, at } = around;
  return {
    kind: 'recovery',
    ...headOf(around),
    act: 'rollback',
    record: digest,
    from: plan.to,
    to: plan.from,
    commit: record.commits.from,
    ...told,
    startedAt: instantOf(startedAt),
    endedAt: instantOf(at),
  };
}

function headOf({ record, head, run, at, nonce }: ActCircumstances) {
  return {
    sequence: head.sequence + 1,
    previous: head.digest,
    environment: record.environment,
    run,
    issued: instantOf(at),
    nonce,
  };
}
