import { HEARD_KEPT } from '../schema/status.ts';
import type { Command } from '../seen.ts';
import { type Now, type Reducer, tell, withStatus } from './now.ts';
import { reasonOf } from './reason.ts';
import { turn } from './turn.ts';

/** What people on call say, and what the watchdog did: each word is carried out once, whoever drives. */
export const hear: Reducer = (now) =>
  now.seen.commands
    .filter(({ id }) => !now.status.heard.includes(id))
    .map((command) => ({ ...command, by: reasonOf(command.by) }))
    .reduce((next, command) => obey(remember(next, command), command), now);

function remember(now: Now, { id, word, by }: Command): Now {
  const heard = withStatus(now, { heard: [...now.status.heard, id].slice(-HEARD_KEPT) });
  return tell(heard, { what: 'heard', word, by });
}

function obey(now: Now, { word, by }: Command): Now {
  const decided = { by: 'command', reason: by, at: now.seen.at };
  switch (word) {
    case 'pause':
      return now.status.decided ? now : withStatus(now, { paused: decided });
    case 'resume':
      return goOn(now);
    case 'promote':
      return withStatus(goOn(now), { waved: decided });
    case 'abort':
      return turn(now, 'bad', 'command', `abort, said ${by}`);
    case 'abandoned':
      return turn(now, 'unknown', 'watchdog', by);
  }
}

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
