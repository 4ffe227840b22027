import { setTimeout as sleep } from 'node:timers/promises';
import { type BackSeen, type Found, LANE, type Status, verifyBack } from '@tillgate/delivery';
import type { OpenDelivery } from '@tillgate/delivery/cluster';
import type { RecoveryRecord } from '@tillgate/signing';
import type { Gone } from './go-back.ts';
import type { RollBackFrame, Taking } from './roll-back.ts';

/** How long is waited for measurements after it is back, in ms, beyond a window and what pods need to warm up. */
const MEASURE_MS = 30_000;

/** What was measured longer ago than this is not drawn, in ms. */
const DRAWN_MS = 3_600_000;

/** Looks at what is there once it is back, and says what of it is as it should be. */
export async function verifyAfter(
  { way, place }: Taking,
  { status, startedAt, backAt, timeline }: Gone,
  frame: RollBackFrame,
): Promise<RecoveryRecord['verified']> {
  const now = await place.writer.now();
  const seen = await seenAfter(way, place, status.before, way.to === 'verify' ? now : backAt, frame);
  if (seen.metric !== null && now - startedAt < DRAWN_MS) {
    const { readings, timing } = measuredBy(way, seen.metric);
    const { windows } = await place.at(way.plan).counts.read(readings, timing, startedAt - timing.window);
    timeline.measured(windows, seen.metric);
  }
  return verifyBack(seen);
}

/** Looks at pods and router, and waits for requests in the windows of measurements that lie after it was back. */
async function seenAfter(
  way: Found,
  place: OpenDelivery,
  before: Status['before'],
  since: number,
  { inputs, log, signal }: RollBackFrame,
): Promise<BackSeen> {
  const { target, counts } = place.at(way.plan);
  const observed = await target.observe(LANE);
  // A state that nobody could read was begun anew, with what was there then: the new version's.
  const reconfigured = before.image === way.plan.from ? await target.reconfigured(before) : null;
  const seen = { to: way.plan.from, observed, reconfigured, errorShareBefore: before.errorShare };
  const metric = way.plan.watching?.beside.analysis.metrics[0]?.name;
  if (metric === undefined || inputs['prometheus-url'] === '')
    return { ...seen, byVersion: false, windows: null, unread: 'No address of Prometheus was given.', metric: null };
  const { readings, timing, warmUpMs, byVersion } = measuredBy(way, metric);
  // Pods that came back warm up first, and what they do then is not counted.
  const until = performance.now() + MEASURE_MS + warmUpMs + 2 * timing.window + timing.settle;
  let unread = 'No window of measurements had closed yet.';
  let quiet: BackSeen['windows'] = null;
  while (performance.now() < until && !signal.aborted) {
    const { windows, faults } = await counts.read(readings, timing, since, signal);
    // The first window is a part of one, and may hold nothing because nothing was scraped in it: that says nothing yet.
    const asked = windows.some(({ metrics }) =>
      metrics[metric]?.some(({ candidate, stable }) => candidate.total + stable.total > 0),
    );
    if (asked) return { ...seen, byVersion, windows, unread: '', metric };
    if (windows.length > 0) quiet = windows;
    unread = faults[0]?.message ?? unread;
    await sleep(1_000);
  }
  if (quiet) return { ...seen, byVersion, windows: quiet, unread: '', metric };
  log.info(`Traffic and errors could not be measured: ${unread}`);
  return { ...seen, byVersion, windows: null, unread, metric };
}

/** How one metric of the release was read while it was delivered. */
function measuredBy({ plan: { watching, to } }: Found, name: string) {
  if (!watching) throw new TypeError(`Nothing was watched, so there is no ${name}.`);
  const readings = watching.beside.readings.filter(({ metric }) => metric === name);
  const { timing, warmUpMs } = watching;
  return { readings, timing, warmUpMs, byVersion: readings.every(({ arm }) => arm.candidate.includes(to)) };
}
