import { isOver } from '../phase.ts';
import type { Way } from '../status.ts';
import { enterStep } from './enter-step.ts';
import { type Active, activeLanes, type Now, tell, withStatus } from './now.ts';
import { reasonOf } from './reason.ts';

/** What is known of a release that turns: `bad` goes back wherever it is, `unknown` goes to the safe state of its step. */
export type Known = 'bad' | 'unknown';

/**
 * Turns every lane that is still going forward, once. From then on no lane is begun any more, and nobody's pause holds
 * what goes back. What is known to be bad is also turned on its way to stay on the new version.
 */
export function turn(now: Now, known: Known, by: string, why: string, only: (a: Active) => boolean = any): Now {
  const reason = reasonOf(why);
  const bad = known === 'bad';
  const turning = activeLanes(now).filter(
    (active) => (active.lane.way === 'forward' || (bad && active.lane.way === 'new')) && only(active),
  );
  if (turning.length === 0 && (now.status.decided || isOver(now.plan, now.status))) return now;
  const { paused: _, ...status } = now.status;
  const decided = withStatus({ ...now, status }, { decided: { by, reason, at: now.seen.at } });
  return turning.reduce((next, active) => {
    const to: Way = bad ? 'stable' : active.step.safe;
    const turned = tell(next, { what: 'turned', lane: active.id, step: active.step.name, to, by, reason });
    return enterStep(turned, active, to, 0, reason);
  }, decided);
}

const any = () => true;
