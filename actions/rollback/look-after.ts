import { setTimeout as sleep } from 'node:timers/promises';
import {
  type BackSeen,
  type Counts,
  errorMetricOf,
  errorsTell,
  type Found,
  JOBS_PATIENCE_MS,
  type JobsSeen,
  LANE,
  type Status,
  verifyBack,
} from '@tillgate/delivery';
import type { OpenDelivery } from '@tillgate/delivery/cluster';
import type { RecoveryRecord } from '@tillgate/signing';
import type { Gone } from './go-back.ts';
import type { RollBackFrame, Taking } from './roll-back.ts';

/**
 * How long is waited for enough requests after it is back, in ms, beyond a window and what pods need to warm up. Clients
 * have the old version already, so it costs a quiet shop nothing but a later end.
 */
const MEASURE_MS = 120_000;

const NO_ADDRESS = 'No address of Prometheus was given.';
const NO_ERRORS = 'No metric of the policy counts failed requests: give one `bad` (analysis.metrics).';
const NO_COUNTER = 'Nothing counts it: write analysis.jobs into the policy.';

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

/** Looks at pods and router, and waits for what can be measured only after a while: traffic, and scheduled jobs. */
async function seenAfter(
  way: Found,
  place: OpenDelivery,
  before: Status['before'],
  since: number,
  frame: RollBackFrame,
): Promise<BackSeen> {
  const { target, counts, jobs } = place.at(way.plan);
  const observed = await target.observe(LANE);
  // A state that nobody could read was begun anew, with what was there then: the new version's.
  const reconfigured = before.image === way.plan.from ? await target.reconfigured(before) : null;
  const cronThreads = way.plan.shared?.connections?.cronThreads ?? null;
  const looksNow =
    jobs && cronThreads !== 0 ? async () => jobs(way.plan.from, since, await place.writer.now()) : undefined;
  const { errorShare: errorShareBefore } = before;
  const [traffic, looked] = await Promise.all([
    trafficSince(since, way, { counts, errorShareBefore }, frame),
    jobsSeen(looksNow, frame),
  ]);
  return { to: way.plan.from, observed, reconfigured, errorShareBefore, cronThreads, jobs: looked, ...traffic };
}

/** Waits for so many requests in the windows of measurements after it was back that they tell something of errors. */
async function trafficSince(
  since: number,
  way: Found,
  { counts, errorShareBefore }: { counts: Counts } & Pick<BackSeen, 'errorShareBefore'>,
  { inputs, log, signal }: RollBackFrame,
): Promise<Pick<BackSeen, 'windows' | 'unread' | 'metric' | 'byVersion'>> {
  const metric = way.plan.watching === null ? undefined : errorMetricOf(way.plan.watching);
  const nothing = { byVersion: false, windows: null, metric: null };
  if (inputs['prometheus-url'] === '') return { ...nothing, unread: NO_ADDRESS };
  if (metric === undefined) return { ...nothing, unread: NO_ERRORS };
  const { readings, timing, warmUpMs, byVersion } = measuredBy(way, metric);
  // Pods that came back warm up first, and what they do then is not counted.
  const until = performance.now() + MEASURE_MS + warmUpMs + 2 * timing.window + timing.settle;
  let unread = 'No window of measurements had closed yet.';
  let soFar: BackSeen['windows'] = null;
  while (performance.now() < until && !signal.aborted) {
    const { windows, faults } = await counts.read(readings, timing, since, signal);
    if (windows.length > 0) soFar = windows;
    if (errorsTell({ windows, metric, errorShareBefore })) break;
    unread = faults[0]?.message ?? unread;
    await sleep(1_000);
  }
  if (soFar) return { byVersion, windows: soFar, unread: '', metric };
  log.info(`Traffic and errors could not be measured: ${unread}`);
  return { byVersion, windows: null, unread, metric };
}

/** Waits until somebody has looked for jobs that are due. Undefined: nothing counts that, so there is nothing to wait for. */
async function jobsSeen(
  looksNow: (() => Promise<JobsSeen>) | undefined,
  { inputs, log, signal }: RollBackFrame,
): Promise<JobsSeen> {
  if (!looksNow) return { looks: null, unread: inputs['prometheus-url'] === '' ? NO_ADDRESS : NO_COUNTER };
  const until = performance.now() + JOBS_PATIENCE_MS;
  let seen = await looksNow();
  if (!seen.looks) log.info(`Waiting until scheduled jobs are looked for, ${JOBS_PATIENCE_MS / 1000} s at most.`);
  while (!seen.looks && performance.now() < until && !signal.aborted) {
    await sleep(2_000);
    seen = await looksNow();
  }
  return seen;
}

/** How one metric of the release was read while it was delivered. */
function measuredBy({ plan: { watching, to } }: Found, name: string) {
  if (!watching) throw new TypeError(`Nothing was watched, so there is no ${name}.`);
  const readings = watching.beside.readings.filter(({ metric }) => metric === name);
  const { timing, warmUpMs } = watching;
  return { readings, timing, warmUpMs, byVersion: readings.every(({ arm }) => arm.candidate.includes(to)) };
}
