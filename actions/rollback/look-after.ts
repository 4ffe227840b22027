import { setTimeout as sleep } from 'node:timers/promises';
import { type BackSeen, type Found, LANE, type Status } from '@tillgate/delivery';
import type { OpenDelivery } from '@tillgate/delivery/cluster';
import type { RollBackFrame } from './roll-back.ts';

/** How long is waited for measurements after it is back, in ms, beyond one window. */
const MEASURE_MS = 30_000;

/** Looks at pods and router, and waits for requests in the windows of measurements that lie after it was back. */
export async function seenAfter(
  way: Found,
  place: OpenDelivery,
  status: Status,
  backAt: number,
  { inputs, log, signal }: RollBackFrame,
): Promise<BackSeen> {
  const { target, counts } = place.at(way.plan);
  const seen = { to: way.plan.from, observed: await target.observe(LANE), errorShareBefore: status.before.errorShare };
  const { watching } = way.plan;
  const first = watching?.beside.analysis.metrics[0];
  if (!watching || !first || inputs['prometheus-url'] === '')
    return { ...seen, windows: null, unread: 'No address of Prometheus was given.', metric: null };
  const readings = watching.beside.readings.filter(({ metric }) => metric === first.name);
  const until = performance.now() + MEASURE_MS + 2 * watching.timing.window + watching.timing.settle;
  let unread = 'No window of measurements had closed yet.';
  let quiet: BackSeen['windows'] = null;
  while (performance.now() < until && !signal.aborted) {
    const { windows, faults } = await counts.read(readings, watching.timing, backAt, signal);
    // The first window is a part of one, and may hold nothing because nothing was scraped in it: that says nothing yet.
    const asked = windows.some(({ metrics }) =>
      metrics[first.name]?.some(({ candidate, stable }) => candidate.total + stable.total > 0),
    );
    if (asked) return { ...seen, windows, unread: '', metric: first.name };
    if (windows.length > 0) quiet = windows;
    unread = faults[0]?.message ?? unread;
    await sleep(1_000);
  }
  if (quiet) return { ...seen, windows: quiet, unread: '', metric: first.name };
  log.info(`Traffic and errors could not be measured: ${unread}`);
  return { ...seen, windows: null, unread, metric: first.name };
}
