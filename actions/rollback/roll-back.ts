import { type Ending, type Frame, InputError, inWorkspace } from '@tillgate/action-kit';
import {
  begin,
  drive,
  endOf,
  escapeOf,
  type Found,
  isRecordOf,
  LANE,
  lineOf,
  type Plan,
  progressOf,
  Refused,
  recoveryRecordOf,
  type Status,
  Superseded,
  verifyBack,
  type WayBack,
  wayBack,
} from '@tillgate/delivery';
import {
  deploymentNamed,
  type Environment,
  escapeText,
  type OpenDelivery,
  openDelivery,
} from '@tillgate/delivery/cluster';
import { writeWhole } from '@tillgate/host';
import { digestOf, instantOf } from '@tillgate/release';
import {
  parseKeySet,
  type RecoveryRecord,
  recordDigest,
  type Signer,
  signActRecord,
  signerFromPem,
  singleUseId,
  verifyActRecord,
} from '@tillgate/signing';
import { type inputs, REASON_LIMIT } from './inputs.ts';
import { seenAfter } from './look-after.ts';
import { doneSummary, nothingSummary, planSummary, refusedSummary } from './summary.ts';

export type RollBackFrame = Frame<typeof inputs>;

/** A release and where it is taken back. */
interface Taking {
  /** Why, as it will stand in the record. */
  reason: string;
  place: OpenDelivery;
  environment: Environment;
  way: Extract<WayBack, Found>;
  kept: { record: string; actRecord: string | undefined };
  status: Status | undefined;
}

/** Looks for the way back, tells it, and goes it where it was told to. */
export async function rollBack(frame: RollBackFrame): Promise<Ending> {
  const { inputs, secrets } = frame;
  const deployment = named(inputs.workload);
  const reason = reasonIn(inputs);
  const place = openDelivery({
    kubeconfig: inputs.kubeconfig,
    namespace: inputs.namespace,
    deployment,
    prometheusUrl: inputs['prometheus-url'],
    who: `rollback of ${process.env.GITHUB_REPOSITORY ?? 'local'} run ${process.env.GITHUB_RUN_ID ?? '0'}`,
  });
  for (const credential of place.writer.credentials) secrets.add(credential);
  try {
    const [environment, identity, kept] = await Promise.all([place.environment.read(), place.identity(), place.kept()]);
    const status = kept.status;
    const { record } = kept;
    const actRecord = kept.actRecords.find((each) => recordDigest(Buffer.from(each)) === environment.head?.digest);
    if (kept.unreadable !== undefined)
      frame.log.warn(`${kept.unreadable} The signed record says where to go back to; the way is taken from it alone.`);
    const way = wayBack({ environment, identity, record, actRecord, status, only: inputs['record-digest'] });
    if (way.to === 'refuse') return refused(way.objections);
    if (way.to === 'nothing') return nothing(way.why);
    if (!way.asSigned)
      frame.log.warn(
        'The way back differs from the one that was signed with the release: another version of this suite made it. Where it leads is the same.',
      );
    if (!inputs.execute) return planned(way, inputs.quarantine);
    const signer = signerOf(inputs, environment);
    const taking: Taking = {
      reason,
      place,
      environment,
      way,
      kept: { record: record as string, actRecord },
      status,
    };
    return await goBack(taking, signer, frame);
  } catch (cause) {
    if (cause instanceof Refused) return refused([{ code: 'refused', message: cause.message }]);
    if (cause instanceof Superseded) return refused([{ code: 'superseded', message: cause.message }]);
    throw cause;
  }
}

/** Quarantine first where it is wanted, so that nobody deploys it again meanwhile; then back, verified, and the record of it. */
async function goBack(taking: Taking, signer: Signer, frame: RollBackFrame): Promise<Ending> {
  const { place, way, kept, status, reason } = taking;
  const { log, signal, inputs } = frame;
  const startedAt = await place.writer.now();
  // Our own entry is no change by somebody else: from here on the environment is the one with it.
  const environment = inputs.quarantine
    ? await place.environment.quarantine({ digest: way.plan.to, reason, at: instantOf(startedAt) })
    : taking.environment;
  const plan = way.to === 'turn' ? way.plan : way.back;
  if (way.to === 'begin') await beginBack({ ...taking, environment }, plan);
  const { target, counts } = place.at(plan);
  const store = place.store(
    { record: kept.record, ...(kept.actRecord !== undefined && { actRecord: kept.actRecord }) },
    plan,
  );
  const done = status && way.to === 'resume' && endOf(plan, status) ? status : undefined;
  let lastLine = '';
  const driven = done
    ? { status: done, because: 'over' as const }
    : await drive({
        plan,
        store,
        target,
        counts,
        permits: NEVER_STOPPED,
        log,
        signal,
        ...(way.to === 'turn' && { back: `rollback: ${reason}` }),
        onTick: (tick) => {
          for (const said of tick.said) log.info(`${instantOf(said.at).slice(11, 19)}  ${lineOf(said)}`);
          const line = progressOf(plan, tick);
          if (line !== '' && line !== lastLine) log.info(`${instantOf(tick.seen.at).slice(11, 19)}  … ${line}`);
          lastLine = line;
        },
      });
  if (driven.because !== 'over' || endOf(plan, driven.status) !== 'returned') {
    throw new Refused(
      `The rollback is not over (${endOf(plan, driven.status) ?? 'on its way'}): run it again, it goes on where it is.`,
    );
  }
  const backAt = await place.writer.now();
  const verified = verifyBack(await seenAfter(way, place, driven.status, backAt, frame));
  return leaveRecord(taking, { epoch: driven.status.epoch, startedAt, backAt, verified }, signer, frame);
}

/** The way back as a delivery of its own, in place of the one that ended. */
async function beginBack({ place, environment, way, kept, status }: Taking, plan: Plan): Promise<void> {
  const { target } = place.at(plan);
  const store = place.store(
    { record: kept.record, ...(kept.actRecord !== undefined && { actRecord: kept.actRecord }) },
    plan,
  );
  await target.observe(LANE);
  const before = status?.before ?? (await target.before());
  const wayOut = escapeOf(plan, target, before);
  const [at, epoch] = [await place.writer.now(), await place.epoch(plan)];
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
}

/** A rollback asks nobody: no freeze and no expiry stops it. */
const NEVER_STOPPED = {
  read: async () => ({ freeze: 'open', record: 'valid', because: [] }) as const,
};

async function leaveRecord(
  { place, way, reason }: Taking,
  told: { epoch: number; startedAt: number; backAt: number; verified: RecoveryRecord['verified'] },
  signer: Signer,
  { inputs, log }: RollBackFrame,
): Promise<Ending> {
  const environment = await place.environment.read();
  if (!environment.head)
    throw new Refused('The environment object lost its head meanwhile: the platform team has to say what it is.');
  const at = await place.writer.now();
  const {
    GITHUB_REPOSITORY: repository,
    GITHUB_RUN_ID: id,
    GITHUB_RUN_ATTEMPT: attempt = '1',
    GITHUB_ACTOR: actor,
  } = process.env;
  const { head } = environment;
  const keys = parseKeySet(Buffer.from(environment.keys));
  const around = {
    record: way.record,
    digest: way.digest,
    plan: way.plan,
    head,
    run: repository && id ? { repository, id, attempt: Number(attempt) } : null,
    at,
    nonce: singleUseId(),
  };
  const quarantined = environment.quarantine.some(({ digest }) => digest === way.plan.to) ? [way.plan.to] : [];
  const said = { reason, askedBy: actor || null, verified: told.verified, quarantined };
  const signed = await place.keep({
    epoch: told.epoch,
    head: head.digest,
    counts: (each) => isRecordOf('recovery', Buffer.from(each), { keys, ...around }),
    sign: async () =>
      new TextDecoder().decode(await signActRecord(recoveryRecordOf(told.startedAt, said, around), signer)),
  });
  const bytes = Buffer.from(signed);
  const { record } = verifyActRecord(bytes, keys, 'recovery', instantOf(at));
  const path = inWorkspace(inputs['recovery-record-file']);
  await writeWhole(path, bytes);
  await place.environment.swap(environment, {
    head: {
      sequence: record.sequence,
      digest: recordDigest(bytes),
      ...(record.commit !== null && { commit: record.commit }),
    },
  });
  log.info(`Signed recovery record no. ${record.sequence} (${recordDigest(bytes)}): ${path}`);
  const holds = told.verified.map((check) => check.holds);
  const verified = holds.includes('no') ? 'no' : holds.includes('unknown') ? 'partly' : 'yes';
  const seconds = Math.round((told.backAt - told.startedAt) / 1000);
  return {
    outcome: OUTCOMES[verified],
    green: verified !== 'no',
    outputs: {
      from: way.plan.to,
      to: way.plan.from,
      verified,
      'duration-seconds': String(seconds),
      'recovery-record': path,
    },
    summary: doneSummary(record, seconds),
    reasons: told.verified.flatMap(({ what, holds: so, how }) =>
      so === 'yes' ? [] : [`${so === 'no' ? 'Not so' : 'Not known'}: ${what}. ${how}`],
    ),
  };
}

/** What was not looked at is not known to be well: it is back, and somebody should look. */
const OUTCOMES = { yes: 'pass', partly: 'warn', no: 'fail' } as const;

function planned(way: Extract<WayBack, Found>, quarantine: boolean): Ending {
  return {
    outcome: 'pass',
    green: true,
    outputs: { from: way.plan.to, to: way.plan.from, verified: '', 'duration-seconds': '', 'recovery-record': '' },
    summary: planSummary(way, quarantine),
  };
}

function nothing(why: string): Ending {
  return {
    outcome: 'pass',
    green: true,
    outputs: { from: '', to: '', verified: '', 'duration-seconds': '', 'recovery-record': '' },
    summary: nothingSummary(why),
  };
}

function refused(objections: readonly { code: string; message: string }[]): Ending {
  return {
    outcome: 'fail',
    green: false,
    outputs: { from: '', to: '', verified: '', 'duration-seconds': '', 'recovery-record': '' },
    summary: refusedSummary(objections),
    reasons: objections.map(({ code, message }) => `${message} [${code}]`),
  };
}

/** Both are asked for before anything is touched: the name, typed, and a key that may sign what is left behind. */
function signerOf(inputs: RollBackFrame['inputs'], { environment, keys }: Environment): Signer {
  if (inputs.confirm !== environment) {
    throw new Refused(
      `confirm is "${inputs.confirm.slice(0, 100)}"; to go back for real, type the name of the environment: ${environment}.`,
    );
  }
  const pem = inputs['signing-key'];
  if (pem === undefined) throw new InputError('signing-key is missing: a rollback leaves a signed record.');
  const signer = signerFromPem(pem);
  const known = parseKeySet(Buffer.from(keys)).keys.get(signer.keyId);
  if (known?.kinds.includes('recovery') && !known.revoked) return signer;
  throw new Refused(
    `The signing key (${signer.keyId}) may not sign recovery records of ${environment}. Use a key of kind "recovery".`,
  );
}

/** What the record will say of it. Asked before anything is touched: a record that cannot be signed would come after it. */
function reasonIn({ reason }: RollBackFrame['inputs']): string {
  const said = reason.trim();
  if (said === '') throw new InputError('reason is empty: say why it is taken back, for whoever releases it again.');
  if (said.length > REASON_LIMIT)
    throw new InputError(`reason has ${said.length} characters; the recovery record takes ${REASON_LIMIT}.`);
  return said;
}

function named(workload: string): string {
  try {
    return deploymentNamed(workload);
  } catch (cause) {
    throw new InputError((cause as Error).message);
  }
}
