import type { Ending } from '@tillgate/action-kit';
import type { End, Store } from '@tillgate/delivery';
import { refusedSummary, stoppedSummary } from './summary.ts';

/** How far a delivery has come when this run can do nothing more: what has to happen next follows from it. */
export interface Course {
  /**
   * `untouched`: nothing of it was begun, by this run or an earlier one. `unknown`: nobody knows yet. `beginning`: its head was
   * about to move, or has moved, and its state is not known to be there; `taken`: somebody else's is. `contradicted`: its state
   * tells an end that is not so. An end: all is done, and only its record is missing.
   */
  stands: 'untouched' | 'beginning' | 'taken' | 'begun' | 'unknown' | 'contradicted' | End;
  /** Tells who drives it, once it is known where that is written. */
  store?: Store;
}

/** Why a delivery is not begun. */
export function refused(objections: readonly { code: string; message: string }[]): Ending {
  return {
    outcome: 'fail',
    green: false,
    outputs: outputsOf('refused'),
    summary: refusedSummary(objections),
    reasons: ['Nothing was touched.', ...objections.map(({ code, message }) => `${message} [${code}]`)],
  };
}

/**
 * A run that can do nothing more. What was begun is somebody's to take back, unless somebody else who lives drives it,
 * or all is done.
 */
export async function stopped(
  { stands, store }: Course,
  objections: readonly { code: string; message: string }[],
): Promise<Ending> {
  if (stands === 'untouched') return refused(objections);
  const isOver = stands === 'promoted' || stands === 'returned' || stands === 'held';
  const other = isOver ? undefined : stands === 'taken' ? 'Somebody else' : await holderOf(store);
  const phase = isOver ? stands : other ? 'superseded' : 'interrupted';
  const what = isOver
    ? `The delivery is over (${stands}), but its record was not left. Run this job again: it leaves the record, and touches nothing else.`
    : other || stands === 'taken'
      ? `${other} has this delivery in hand; this run does nothing more.`
      : OPEN[stands];
  return {
    outcome: 'inconclusive',
    green: false,
    outputs: outputsOf(phase),
    summary: stoppedSummary(what, objections),
    reasons: [what, ...objections.map(({ code, message }) => `${message} [${code}]`)],
  };
}

/** What is to be known of a delivery that is nobody's and has no end. */
const OPEN = {
  beginning:
    'The delivery was being begun: the environment may name this record as its newest already, and its state may be there. No pod and no share of traffic was moved. Run this job again: it begins, or goes on.',
  begun:
    'The delivery was begun and is not known to be over. The job `recover` or a rollback takes it back; if nobody does, the watchdog takes it to its safe state.',
  unknown: 'It is not known whether a delivery is on its way here. This run has changed nothing.',
  contradicted:
    'The state of this delivery tells an end that is not so. No record was signed, and GitHub was told of no end.',
} as const;

/** Who drives it besides us. Where nobody answers, nobody is known to: then it is taken for left alone. */
async function holderOf(store: Store | undefined): Promise<string | undefined> {
  try {
    return (await store?.holder())?.who;
  } catch {
    return undefined; // the same outage that has stopped this run, which is told
  }
}

const outputsOf = (phase: string) => ({ phase, share: '', 'decided-by': '', 'delivery-record': '' });
