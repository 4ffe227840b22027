import { formatDuration } from '@tillgate/release';
import { endLane } from './enter-step.ts';
import { decisionOf } from './judge.ts';
import { type Active, activeLanes, eachLane, type Now, type Reducer, tell, withStatus } from './now.ts';
import { permitOf, rises } from './permits.ts';
import { missingProofs } from './proofs.ts';
import { reasonOf } from './reason.ts';
import { turn } from './turn.ts';

/**
 * What cannot go on: hands of others, what the target refuses, a driver that is told to stop, time, a freeze. None of it
 * says that the release is bad, so it goes to the safe state of its step.
 */
export const limits: Reducer = (now) =>
  [hands, stopping, deadline, longest, forbidden, dead].reduce((so, each) => each(so), now);

const hands: Reducer = (now) => {
  const forward = forwardOf(now);
  const foreign = forward.flatMap(({ observed }) => observed.foreign);
  if (foreign.length > 0) return turn(now, 'unknown', 'foreign', foreign.join(' '));
  if (forward.length > 0 && now.seen.refused.length > 0)
    return turn(now, 'unknown', 'refused', now.seen.refused.join(' '));
  return now;
};

/**
 * A run that is cancelled takes back what it has not ended, unless it is set to pause: then the next run goes on from
 * here. What is everybody's already stays.
 */
const stopping: Reducer = (now) => {
  const { status, seen } = now;
  if (seen.stopping === undefined || status.onInconclusive === 'pause') return now;
  const takenBack = ({ step }: Active) => step.safe === 'stable';
  return forwardOf(now).some(takenBack) ? turn(now, 'unknown', 'signal', seen.stopping, takenBack) : now;
};

const deadline: Reducer = (now) => {
  const { status, seen } = now;
  if (seen.at < status.deadline || status.decided) return now;
  return turn(now, 'unknown', 'deadline', `The delivery did not end within ${formatDuration(now.plan.deadlineMs)}.`);
};

const longest: Reducer = (now) =>
  eachLane(now, (so, active) => {
    const { lane, step } = active;
    if (lane.way !== 'forward' || so.status.paused || so.seen.at - lane.limitFrom <= step.maxMs) return so;
    const reason = reasonOf(
      `Step "${step.name}" did not come to an end within ${formatDuration(step.maxMs)}: ${missing(so, active)}`,
    );
    if (so.status.onInconclusive === 'safe-state') return turn(so, 'unknown', 'time', reason);
    const paused = withStatus(so, { paused: { by: 'time', reason, at: so.seen.at } });
    return tell(paused, { what: 'paused', by: 'time', reason });
  });

/** What was permitted when it was decided, and is forbidden before it is done. */
const forbidden: Reducer = (now) =>
  eachLane(now, (so, active) => {
    const permit = rises(so.plan, active) ? permitOf(so.seen.permits) : 'given';
    return typeof permit === 'string' ? so : turn(so, 'unknown', permit.by, permit.reason);
  });

/** A way back is never given up for time. Only where somebody else holds what it needs it ends, for a person. */
const dead: Reducer = (now) =>
  eachLane(now, (so, { id, lane, step, observed }) => {
    if (lane.way === 'forward' || so.seen.at - lane.limitFrom <= step.maxMs) return so;
    const held = [...observed.foreign, ...so.seen.refused];
    if (held.length === 0) return so;
    return endLane(tell(so, { what: 'late', lane: id, step: step.name, reason: held.join(' ') }), id, lane, 'held');
  });

/** What kept a step from ending, for people. That time was to pass tells something only where nothing else does. */
function missing(now: Now, active: Active): string {
  const all = missingProofs(now, active);
  const telling = all.filter(({ by }) => by !== 'time');
  const why = (telling.length > 0 ? telling : all).map(({ by, text }) =>
    by === 'analysis' ? (decisionOf(now, active)?.reasons.join(' ') ?? text) : text,
  );
  return why.length > 0 ? why.join('; ') : 'its proofs did not all hold at once.';
}

const forwardOf = (now: Now) => activeLanes(now).filter(({ lane }) => lane.way === 'forward');
