import type { Log } from '@tillgate/host';
import { instantOf } from '@tillgate/release';
import type { Tick } from '../drive/drive.ts';
import type { Plan } from '../plan.ts';
import type { Said } from '../said.ts';
import { lineOf, progressOf } from './lines.ts';
import type { Statuses } from './statuses.ts';
import type { Timeline } from './timeline.ts';

/** Where what happens is told. */
export interface Ears {
  plan: Plan;
  log: Log;
  timeline: Timeline;
  statuses: Statuses;
  /** Writes an Event on the workload. */
  event(type: 'Normal' | 'Warning', reason: string, message: string): Promise<void>;
  /** Told whenever the timeline has grown by something that happened. */
  keep(timeline: Timeline): Promise<void>;
}

/** The live line is repeated at most this often, in ms, unless something happened. */
const LINE_EVERY = 10_000;

/** What does not go as it should. */
const BAD: readonly Said['what'][] = ['turned', 'late', 'lost'];

/** What the Events of an act are called after. */
const NAMES = { canary: 'Delivery', rollback: 'Rollback' } as const;

/**
 * Tells what each look brought: lines in the log, Events on the workload, GitHub, and whoever keeps the timeline. An act
 * rests on none of them, so it is not held up by one that fails.
 */
export function telling({ plan, log, timeline, statuses, event, keep }: Ears) {
  const pass = async (said: Said, line: string) => {
    const name = `${NAMES[plan.strategy]}${said.what[0]?.toUpperCase()}${said.what.slice(1)}`;
    await event(BAD.includes(said.what) ? 'Warning' : 'Normal', name, line);
    if (said.what === 'began' || said.what === 'turned') await statuses.say(line);
    await keep(timeline);
  };
  let [lastLine, lastAt] = ['', 0];
  let going: Promise<void> = Promise.resolve();
  return {
    tick(tick: Tick): void {
      timeline.add(tick);
      for (const said of tick.said) {
        const line = lineOf(said);
        log.info(`${instantOf(said.at).slice(11, 19)}  ${line}`);
        going = going
          .then(() => pass(said, line))
          .catch((cause: Error) => log.warn(`What happened could not be passed on: ${cause.message}`));
      }
      const line = progressOf(plan, tick);
      const { at } = tick.seen;
      if (line === '' || (line === lastLine && at - lastAt < LINE_EVERY)) return;
      if (tick.said.length > 0 || at - lastAt >= LINE_EVERY) {
        log.info(`${instantOf(at).slice(11, 19)}  … ${line}`);
        [lastLine, lastAt] = [line, at];
      }
    },
    /** When all has been passed on. */
    settled: () => going,
  };
}
