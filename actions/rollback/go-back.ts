import {
  begin,
  type Driven,
  drive,
  endOf,
  escapeOf,
  githubStatuses,
  LANE,
  type Plan,
  Refused,
  type Status,
  type Statuses,
  Superseded,
  type Target,
  Timeline,
  telling,
  Unavailable,
} from '@tillgate/delivery';
import { type Environment, escapeText, eventsOn, type OpenDelivery } from '@tillgate/delivery/cluster';
import { digestOf, instantOf } from '@tillgate/release';
import type { RollBackFrame, Taking } from './roll-back.ts';

/** A way back that was gone to its end. */
export interface Gone {
  status: Status;
  /** With the image under quarantine, where that was wanted and is not missing. */
  environment: Environment;
  /** What was to be done beside it, and was not: each a sentence. */
  missing: readonly string[];
  /** When it began, and when it was there, ms by the API server's clock. */
  startedAt: number;
  backAt: number;
  timeline: Timeline;
  statuses: Statuses;
}

/**
 * Back, and the image under quarantine where that is wanted: first, so that nobody deploys it again meanwhile. Where a
 * canary is taken over nobody can, and clients wait: there it is done at the same time.
 */
export async function goBack(taking: Taking, frame: RollBackFrame): Promise<Gone> {
  const { place, way, reason } = taking;
  const { log, inputs, signal: hurry } = frame;
  const at = await place.writer.now();
  // Our own entry is no change by somebody else: from here on the environment is the one with it.
  const quarantining = inputs.quarantine
    ? place.environment.quarantine({ digest: way.plan.to, reason, at: instantOf(at), sequence: way.record.sequence })
    : Promise.resolve(taking.environment);
  const isBefore = way.to === 'begin' || way.to === 'resume';
  const environment = isBefore ? await quarantining : taking.environment;
  const plan = planOf(taking);
  const timeline = new Timeline(plan, way.digest);
  const statuses = githubStatuses({
    token: inputs['github-token'],
    commit: way.record.commits.from,
    leaves: way.record.commits.to,
    environment: way.record.environment.name,
    description: `Rollback of release record no. ${way.record.sequence}`,
    ...{ log, hurry },
  });
  if (way.to === 'verify') {
    log.info('It is back already; it is looked at, and its record is left.');
    const also = await settled(quarantining, environment);
    return { status: way.status, ...also, ...spanOf(plan, way.status, at), timeline, statuses };
  }
  const eyes = place.at(plan);
  const before =
    way.to === 'begin' ? await beginBack({ ...taking, environment }, plan, eyes.target) : taking.status?.before;
  const { namespace, deployment } = plan.workload;
  const tell = telling({
    ...{ plan, log, timeline, statuses },
    event: eventsOn(place.writer, { namespace, deployment, uid: before?.uid ?? '' }, (why) =>
      log.debug(`An event was not written: ${why}`),
    ),
    keep: async () => undefined,
  });
  const [went, also] = await Promise.allSettled([
    driven(taking, { plan, ...eyes }, frame, tell.tick),
    settled(quarantining, environment),
  ]);
  if (went.status === 'rejected') throw went.reason;
  if (also.status === 'rejected') throw also.reason;
  const { status } = went.value;
  const backAt = await place.writer.now();
  await tell.settled();
  const startedAt = way.to === 'resume' ? status.startedAt : at;
  return { status, ...also.value, startedAt, backAt, timeline, statuses };
}

/** The quarantine beside a way back: where clients are back, or are let go back meanwhile, its failure is no failure of that. */
async function settled(
  quarantining: Promise<Environment>,
  environment: Environment,
): Promise<Pick<Gone, 'environment' | 'missing'>> {
  try {
    return { environment: await quarantining, missing: [] };
  } catch (cause) {
    return { environment, missing: [`The image is not under quarantine: ${whyNot(cause)}`] };
  }
}

/** Why something was not done that the world did not let be done. @throws what is anything else */
export function whyNot(cause: unknown): string {
  if (cause instanceof Refused || cause instanceof Superseded || cause instanceof Unavailable) return cause.message;
  throw cause;
}

/** The plan that leads back: the canary's own way where one is taken over, otherwise that of a rollback. */
function planOf({ way }: Taking): Plan {
  if (way.to === 'verify') return way.went;
  return way.to === 'turn' ? way.plan : way.back;
}

/** When a way back that is over was begun, and when it was there, as its status says. */
function spanOf({ strategy }: Plan, { startedAt, decided, history }: Status, now: number) {
  const turned = strategy === 'rollback' ? startedAt : (decided?.at ?? startedAt);
  return { startedAt: turned, backAt: history.at(-1)?.left ?? now };
}

/** @throws Refused where it is not over */
async function driven(
  { place, kept, way, reason }: Taking,
  { plan, target, counts }: { plan: Plan } & ReturnType<OpenDelivery['at']>,
  { log, signal }: RollBackFrame,
  onTick: Parameters<typeof drive>[0]['onTick'] & object,
): Promise<Driven> {
  const went = await drive({
    ...{ plan, store: storeOf({ place, kept }, plan), target, counts, log, signal, onTick },
    permits: NEVER_STOPPED,
    ...(way.to === 'turn' && { back: `rollback: ${reason}` }),
  });
  const end = endOf(plan, went.status);
  if (went.because === 'over' && end === 'returned') return went;
  throw new Refused(`The rollback is not over (${end ?? 'on its way'}): run it again, it goes on where it is.`);
}

/** The way back as a delivery of its own, in place of the one that ended. @returns what was there before the release */
async function beginBack(taking: Taking, plan: Plan, target: Target): Promise<Status['before']> {
  const { place, environment, way, status } = taking;
  const store = storeOf(taking, plan);
  const [epoch] = await Promise.all([place.epoch(plan), target.observe(LANE)]);
  const before = status?.before ?? (await target.before());
  const wayOut = escapeOf(plan, target, before);
  const at = await place.writer.now();
  const begun = begin(plan, {
    record: way.digest,
    before,
    escape: wayOut,
    onInconclusive: 'safe-state',
    at,
    epoch: Math.max(status?.epoch ?? 0, epoch) + 1,
  });
  store.check(begun);
  if (environment.head)
    await place.environment.swap(environment, { head: environment.head, escape: digestOf(escapeText(wayOut)) });
  await store.create(begun);
  return before;
}

const storeOf = ({ place, kept: { record, actRecord } }: Pick<Taking, 'place' | 'kept'>, plan: Plan) =>
  place.store({ record, ...(actRecord !== undefined && { actRecord }) }, plan);

/** A rollback asks nobody: no freeze and no expiry stops it. */
const NEVER_STOPPED = {
  read: async () => ({ freeze: 'open', record: 'valid', because: [] }) as const,
};
