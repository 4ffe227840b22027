import type { Ending } from '@tillgate/action-kit';
import type { Found, Objection, WayBack } from '@tillgate/delivery';
import type { DeliveryRecord, RecoveryRecord } from '@tillgate/signing';
import {
  type Back,
  backButSummary,
  deliveredSummary,
  doneSummary,
  leftSummary,
  nothingSummary,
  planSummary,
  RUN_AGAIN,
  refusedSummary,
  type Took,
} from './summary.ts';

const NOTHING_DONE = { from: '', to: '', verified: '', 'duration-seconds': '', 'recovery-record': '' };

/** What was not looked at is not known to be well: it is back, and somebody should look. */
const OUTCOMES = { yes: 'pass', partly: 'warn', no: 'fail' } as const;

/** It is back, and this is known of it. */
export function done(record: RecoveryRecord, { path, ...took }: Took & { path: string }): Ending {
  const outputs = outputsOf(record, took);
  return {
    outcome: OUTCOMES[outputs.verified],
    green: outputs.verified !== 'no',
    outputs: { ...outputs, 'recovery-record': path },
    summary: doneSummary(record, took),
    reasons: notSo(record),
  };
}

/** It is back, and something that belongs to it was not done. */
export function backBut(back: Back, { missing, ...took }: Took & { missing: readonly string[] }): Ending {
  return {
    outcome: 'fail',
    green: false,
    outputs: { ...outputsOf(back, took), 'recovery-record': '' },
    summary: backButSummary(back, { ...took, missing }),
    reasons: [`${back.to} is back, but not all was done. ${RUN_AGAIN}`, ...missing, ...notSo(back)],
  };
}

function outputsOf({ from, to, verified }: Back, { seconds }: Took) {
  const holds = verified.map((check) => check.holds);
  const all = holds.length > 0 && holds.every((each) => each === 'yes');
  return {
    ...{ from, to, 'duration-seconds': String(seconds) },
    verified: holds.includes('no') ? ('no' as const) : all ? ('yes' as const) : ('partly' as const),
  };
}

const notSo = ({ verified }: Back) =>
  verified.flatMap(({ what, holds: so, how }) =>
    so === 'yes' ? [] : [`${so === 'no' ? 'Not so' : 'Not known'}: ${what}. ${how}`],
  );

/** Nothing was done: this would be. */
export function planned(way: Extract<WayBack, Found>, quarantine: boolean): Ending {
  const back = way.to === 'record' ? {} : { from: way.plan.to, to: way.plan.from };
  return { outcome: 'pass', green: true, outputs: { ...NOTHING_DONE, ...back }, summary: planSummary(way, quarantine) };
}

/** There is nothing to take back. */
export function nothing(why: string): Ending {
  return { outcome: 'pass', green: true, outputs: NOTHING_DONE, summary: nothingSummary(why) };
}

/** Everybody has the new version and nothing is known against it: it stays, and somebody has to go on. */
export function left({ plan }: Found): Ending {
  const why = `The watch of ${plan.to} was interrupted after everybody had it, and nothing is known against it: it stays. Run the job that delivers again, and it goes on with the watch; to take it back, use the workflow that rolls back.`;
  return { outcome: 'warn', green: true, outputs: NOTHING_DONE, summary: leftSummary(why), reasons: [why] };
}

/** The delivery was over before anybody came to take it back; its record is left now. */
export function delivered(record: DeliveryRecord): Ending {
  const well = record.end === 'promoted' && record.decided === null;
  const why = `The delivery was over (${record.end}${record.decided ? `: ${record.decided.reason}` : ''}).`;
  return {
    outcome: well ? 'pass' : 'warn',
    green: true,
    outputs: NOTHING_DONE,
    summary: deliveredSummary(record),
    reasons: well ? [] : [why],
  };
}

/** Why nothing was done. */
export function refused(objections: readonly Objection[]): Ending {
  return {
    outcome: 'fail',
    green: false,
    outputs: NOTHING_DONE,
    summary: refusedSummary(objections),
    reasons: objections.map(({ code, message }) => `${message} [${code}]`),
  };
}
