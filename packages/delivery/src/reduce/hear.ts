import { HEARD_KEPT } from '../schema/status.ts';
import type { Command } from '../seen.ts';
import type { Decided } from '../status.ts';
import { eachLane, type Now, type Reducer, tell, withLane, withStatus } from './now.ts';
import { reasonOf } from './reason.ts';
import { turn } from './turn.ts';

/** What people on call say, and what the watchdog did: each word is carried out once, whoever drives. */
export const hear: Reducer = (now) =>
  now.seen.commands
    .filter(({ id }) => !now.status.heard.includes(id))
    .map((command) => ({ ...command, by: reasonOf(command.by) }))
    .reduce((next, command) => obey(remember(next, command), command), now);

function remember(now: Now, command: Command): Now {
  const { id, word, by } = command;
  const heard = withStatus(now, { heard: [...now.status.heard, id].slice(-HEARD_KEPT) });
  return tell(heard, { what: 'heard', word, by, ...(!mayBeObeyed(command) && { ignored: UNANSWERED }) });
}

/** Whoever lets a release go on without evidence answers for it. Everything else is safe, whoever says it. */
const mayBeObeyed = ({ word, answeredFor }: Command) => word !== 'promote' || answeredFor === true;

const UNANSWERED = 'it skips evidence, so it takes a name and a reason: tillgate.dev/command-by and command-reason';

function obey(now: Now, command: Command): Now {
  if (!mayBeObeyed(command)) return now;
  const { word, by } = command;
  const decided = { by: 'command', reason: by, at: now.seen.at };
  switch (word) {
    case 'pause':
      return now.status.decided ? now : withStatus(now, { paused: decided });
    case 'resume':
      return goOn(now);
    case 'promote':
      return wave(goOn(now), { ...decided, reason: `promote, said ${by}` });
    case 'abort':
      return turn(now, 'bad', 'command', `abort, said ${by}`);
    case 'abandoned':
      return turn(now, 'unknown', 'watchdog', by);
  }
}

/** Lets every lane on its way forward leave the step that it is at without evidence. */
const wave = (now: Now, waved: Decided): Now =>
  eachLane(now, (so, { id, lane }) => (lane.way === 'forward' ? withLane(so, id, { ...lane, waved }) : so));

/** Ends a pause. What a step may last counts anew: the time until somebody answered was not its own. */
function goOn(now: Now): Now {
  const { paused: _, ...status } = now.status;
  const lanes = Object.fromEntries(
    Object.entries(status.lanes).map(([id, lane]) => [
      id,
      lane.way === 'forward' ? { ...lane, limitFrom: now.seen.at } : lane,
    ]),
  );
  return { ...now, status: { ...status, lanes } };
}
