import { inWorkspace } from '@tillgate/action-kit';
import { lineOf, progressOf, type Said, type Tick, type Timeline } from '@tillgate/delivery';
import { eventsOn } from '@tillgate/delivery/cluster';
import { writeWhole } from '@tillgate/host';
import { instantOf } from '@tillgate/release';
import type { Admitted, DeliverFrame } from './deliver.ts';
import type { Statuses } from './statuses.ts';

/** The live line is repeated at most this often, in ms, unless something happened. */
const LINE_EVERY = 10_000;

/** What does not go as it should. */
const BAD: readonly Said['what'][] = ['turned', 'late', 'lost'];

/**
 * Tells what each look brought: lines in the log, Events on the workload, GitHub, and the timeline's file. A delivery
 * rests on none of them, so it is not held up by one that fails.
 */
export function telling(
  { place, plan }: Admitted,
  { log, inputs }: DeliverFrame,
  timeline: Timeline,
  statuses: Statuses,
  uid: string,
) {
  const { namespace, deployment } = plan.workload;
  const event = eventsOn(place.writer, { namespace, deployment, uid }, (why) =>
    log.debug(`An event was not written: ${why}`),
  );
  const pass = async (said: Said, line: string) => {
    const name = `Delivery${said.what[0]?.toUpperCase()}${said.what.slice(1)}`;
    await event(BAD.includes(said.what) ? 'Warning' : 'Normal', name, line);
    if (said.what === 'began' || said.what === 'turned') await statuses.say(line);
    await writeWhole(inWorkspace(inputs['timeline-file']), timeline.document());
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
