import { type Ending, type Frame, InputError, inWorkspace } from '@tillgate/action-kit';
import {
  admit,
  begin,
  containerNamedIn,
  contradictionOf,
  type Driven,
  drive,
  type End,
  endOf,
  escapeOf,
  githubStatuses,
  LANE,
  type Observed,
  type Plan,
  percent,
  Refused,
  type StateSaid,
  type Status,
  type Statuses,
  Superseded,
  type Target,
  Timeline,
  telling,
  Unavailable,
} from '@tillgate/delivery';
import {
  deploymentNamed,
  type Environment,
  escapeText,
  eventsOn,
  type OpenDelivery,
  openDelivery,
  permitOffice,
} from '@tillgate/delivery/cluster';
import { readBounded, writeWhole } from '@tillgate/host';
import { digestOf, digestOfValue, millisOf, type Sha256 } from '@tillgate/release';
import {
  ENVELOPE_LIMIT,
  parseKeySet,
  type ReleaseRecord,
  recordDigest,
  type Signer,
  signerFromPem,
} from '@tillgate/signing';
import { ended } from './ended.ts';
import type { inputs } from './inputs.ts';
import { jobsFault } from './jobs.ts';
import { type DeliveryLeft, leaveDelivery } from './leave.ts';
import { type Course, stopped } from './stopped.ts';
import { summaryOf } from './summary.ts';

export type DeliverFrame = Frame<typeof inputs>;

/** What a delivery rests on, once it is admitted. */
export interface Admitted {
  place: OpenDelivery;
  record: ReleaseRecord;
  digest: Sha256;
  plan: Plan;
  file: Uint8Array;
  signer: Signer;
}

/** Starts a delivery, or goes on with the one that was started, and drives it to its end. */
export async function deliver(frame: DeliverFrame): Promise<Ending> {
  const { inputs, secrets, log } = frame;
  const deployment = named(inputs.workload);
  const signer = signerFromPem(inputs['signing-key']);
  const file = await readBounded(inWorkspace(inputs.record), ENVELOPE_LIMIT);
  const place = openDelivery({
    kubeconfig: inputs.kubeconfig,
    namespace: inputs.namespace,
    deployment,
    prometheusUrl: inputs['prometheus-url'],
    who: runName(),
    hurry: frame.signal,
  });
  for (const credential of place.writer.credentials) secrets.add(credential);
  const course: Course = { stands: 'unknown' };
  try {
    const [environment, identity, kept, workload, at] = await Promise.all([
      place.environment.read(),
      place.identity(),
      place.kept(),
      place.workload(containerNamedIn(file)),
      place.writer.now(),
    ]);
    const state =
      kept.record === undefined ? undefined : { record: recordDigest(Buffer.from(kept.record)), over: kept.over };
    course.stands = stoodBefore(recordDigest(file), environment, state);
    requireDeliveryKey(environment, signer);
    const admission = admit({ file, environment, identity, workload, state, at });
    if (admission.to === 'refuse') return await stopped(course, admission.objections);
    const { record, digest, plan } = admission;
    const admitted = { place, record, digest, plan, file, signer };
    log.info(`Record no. ${record.sequence} (${digest}) fits: ${plan.from} is to become ${plan.to}.`);
    if (admission.to === 'begin') await start(admitted, environment, { frame, course });
    else log.info('This delivery was begun before; it goes on where it was.');
    course.stands = 'begun';
    return await finish(admitted, frame, course);
  } catch (cause) {
    if (cause instanceof Refused) return stopped(course, [{ code: 'refused', message: cause.message }]);
    if (cause instanceof Superseded) return stopped(course, [{ code: 'superseded', message: cause.message }]);
    if (cause instanceof Unavailable) return stopped(course, [{ code: 'unavailable', message: cause.message }]);
    throw cause;
  }
}

/** How far earlier runs of this record came. A head without a state is one that died in between, or lost it since. */
function stoodBefore(digest: Sha256, { head }: Environment, state: StateSaid | undefined): Course['stands'] {
  if (state?.record === digest) return state.over ? 'untouched' : 'begun';
  return head?.digest === digest ? 'unknown' : 'untouched';
}

/** Nothing of production is touched here: what it was is written down, then the head moves, then the state is there. */
async function start(
  { place, record, digest, plan, file }: Admitted,
  environment: Environment,
  { frame, course }: { frame: DeliverFrame; course: Course },
) {
  const { target } = place.at(plan);
  const store = place.store({ record: text(file) }, plan);
  const [before, { at, found }, epoch] = [await target.before(), await store.load(), await place.epoch(plan)];
  const wayOut = escapeOf(plan, target, before);
  const status = begin(plan, {
    record: digest,
    before,
    escape: wayOut,
    onInconclusive: frame.inputs['on-inconclusive'],
    at,
    epoch: Math.max(found?.status.epoch ?? 0, epoch) + 1,
  });
  store.check(status);
  const stood = course.stands;
  course.store = store;
  course.stands = 'beginning';
  try {
    await place.environment.swap(environment, {
      head: { sequence: record.sequence, digest, commit: record.commits.to },
      escape: digestOf(escapeText(wayOut)),
      allowed: [plan.from, plan.to],
    });
  } catch (cause) {
    // Answered with no: the head is where it was. Without an answer nobody knows.
    if (cause instanceof Superseded || cause instanceof Refused) course.stands = stood;
    throw cause;
  }
  try {
    await store.create(status);
  } catch (cause) {
    if (cause instanceof Superseded) course.stands = 'taken';
    throw cause;
  }
}

/** Drives to the end, then leaves the record of it: as a file, beside the status, and as the head of the chain. */
async function finish(admitted: Admitted, frame: DeliverFrame, course: Course): Promise<Ending> {
  const { place, record, digest, plan, file } = admitted;
  const { inputs } = frame;
  const { target, counts, jobs } = place.at(plan);
  const store = place.store({ record: text(file) }, plan);
  course.store = store;
  const timeline = new Timeline(plan, digest);
  const statuses = githubStatuses({
    token: inputs['github-token'],
    commit: record.commits.to,
    environment: record.environment.name,
    description: `Release record no. ${record.sequence}`,
    log: frame.log,
    hurry: frame.signal,
  });
  const { found } = await store.load();
  if (found && found.status.plan !== digestOfValue(plan))
    throw new Superseded(
      'The state here is of another plan than the one in the record: a rollback of this release was begun, which leaves the record, if need be when it is run again; or somebody edited the state.',
    );
  const { namespace, deployment } = plan.workload;
  const tell = telling({
    ...{ plan, log: frame.log, timeline, statuses },
    event: eventsOn(place.writer, { namespace, deployment, uid: found?.status.before.uid ?? '' }, (why) =>
      frame.log.debug(`An event was not written: ${why}`),
    ),
    keep: (so) => writeWhole(inWorkspace(inputs['timeline-file']), so.document()),
  });
  const over = found && endOf(plan, found.status) ? found.status : undefined;
  if (over) await observedAs(over, { plan, target, course });
  const driven: Driven = over
    ? { status: over, because: 'over' }
    : await drive({
        plan,
        store,
        target,
        counts,
        permits: permitOffice(place.environment, {
          record: digest,
          expiresAt: millisOf(record.expires),
          closesAt: record.freeze.closesAt === null ? null : millisOf(record.freeze.closesAt),
        }),
        log: frame.log,
        signal: frame.signal,
        onTick: tell.tick,
      });
  const { status } = driven;
  const end = endOf(plan, status);
  if (!over) course.stands = end ?? 'begun';
  await tell.settled();
  await writeWhole(inWorkspace(inputs['timeline-file']), timeline.document());
  const observed = await observedAs(status, { plan, target, course });
  course.stands = end ?? 'begun';
  const left = driven.because === 'over' ? await leaveDelivery(admitted, status, observed.stable.running, frame) : {};
  await statuses.end(...deploymentOf(end, status.decided?.reason ?? ''));
  const fault = end === 'promoted' ? await jobsFault(plan, status, jobs) : undefined;
  return ending(admitted, status, { share: observed.candidateShare, left, timeline, fault });
}

/** What is there. @throws Refused where a state tells an end that is not so: it would be signed */
async function observedAs(
  status: Status,
  { plan, target, course }: { plan: Plan; target: Pick<Target, 'observe'>; course: Course },
): Promise<Observed> {
  const observed = await target.observe(LANE);
  const contradiction = contradictionOf(plan, status, observed);
  if (contradiction === undefined) return observed;
  course.stands = 'contradicted';
  throw new Refused(contradiction);
}

/** How GitHub shows an end. */
function deploymentOf(end: End | undefined, reason: string): Parameters<Statuses['end']> {
  if (!end) return ['in_progress', 'Not over.'];
  return [SHOWN[end], end === 'promoted' ? 'Promoted.' : `${end}: ${reason}`];
}

const SHOWN = { promoted: 'success', returned: 'failure', held: 'error' } as const;

/** What is told of a delivery that this run can do nothing more for. */
interface Told {
  share: number;
  left: DeliveryLeft;
  timeline: Timeline;
  /** What speaks against what everybody has. */
  fault: string | undefined;
}

function ending({ plan, record }: Admitted, status: Status, { share, left, timeline, fault }: Told): Ending {
  const { phase, ...how } = ended(plan, status, fault);
  return {
    ...how,
    reasons: [...how.reasons, ...(left.why ? [left.why] : [])],
    outputs: {
      phase,
      share: String(share / 100),
      'decided-by': status.decided?.by ?? '',
      'delivery-record': left.path ?? '',
    },
    summary: summaryOf({ plan, record, status, phase, share: percent(share), timeline, fault }),
  };
}

/** A delivery whose record nobody could verify would end the chain. Told before anything is touched. */
function requireDeliveryKey({ keys, environment }: Environment, signer: Signer): void {
  const known = parseKeySet(Buffer.from(keys)).keys.get(signer.keyId);
  if (known?.kinds.includes('delivery') && !known.revoked) return;
  throw new Refused(
    `The signing key (${signer.keyId}) may not sign delivery records of ${environment}: the key set ${known ? `lets it sign ${known.kinds.join(', ')} only` : 'does not know it'}. Use a key of kind "delivery".`,
  );
}

function named(workload: string): string {
  try {
    return deploymentNamed(workload);
  } catch (cause) {
    throw new InputError((cause as Error).message);
  }
}

function runName(): string {
  const {
    GITHUB_REPOSITORY: repository = 'local',
    GITHUB_RUN_ID: run = '0',
    GITHUB_RUN_ATTEMPT: attempt = '1',
  } = process.env;
  return `${repository} run ${run}.${attempt}`;
}

const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
