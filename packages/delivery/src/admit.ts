import { type EnvironmentIdentity, instantOf, millisOf, type Sha256 } from '@tillgate/release';
import {
  type Expectation,
  KeySetError,
  parseKeySet,
  RecordRefused,
  type ReleaseRecord,
  readPinnedRecord,
  readSignedRecord,
  recordDigest,
  verifyRecord,
} from '@tillgate/signing';
import type { Plan } from './plan.ts';
import { planIn, whyElsewhere } from './plan-in.ts';
import { Refused } from './ports.ts';
import { readPlan } from './schema/plan.ts';
import { requireSharedDatabase } from './shared-database.ts';
import { requireSharedPods } from './shared-pods.ts';

/** What the environment says of itself, as far as a start asks for it. */
export interface EnvironmentSaid {
  environment: string;
  policy: Sha256;
  head: { sequence: number; digest: Sha256 } | null;
  keys: string;
  freeze: string | undefined;
  quarantine: readonly { digest: Sha256; reason: string; sequence?: number }[];
}

/** The workload before anything is touched. */
export interface WorkloadSaid {
  desiredReplicas: number;
  settled: boolean;
  podTemplate: Sha256 | null;
  /** Of each ready pod. */
  ready: readonly { digest: Sha256 | undefined }[];
}

/** The delivery that lies in the cluster, as far as a start asks for it. */
export interface StateSaid {
  /** Digest of the signed record that it rests on. */
  record: Sha256;
  over: boolean;
}

/** Everything that a start is judged by. */
export interface AdmissionAsked {
  /** Bytes of the record file, as they were handed over. */
  file: Uint8Array;
  environment: EnvironmentSaid;
  /** Read from the cluster. */
  identity: EnvironmentIdentity;
  /** Undefined where there is none of this name. */
  workload: WorkloadSaid | undefined;
  /** Undefined where none was ever begun here. */
  state: StateSaid | undefined;
  /** ms by the API server's clock. */
  at: number;
}

/** Why a release is not begun. Programs branch on the code; people read the sentence. */
export interface Objection {
  code: string;
  message: string;
}

/** What a start comes to. `resume`: it was begun, and goes on; `begin`: nothing has been touched yet. */
export type Admission =
  | { to: 'begin' | 'resume'; record: ReleaseRecord; digest: Sha256; plan: Plan }
  | { to: 'refuse'; objections: Objection[] };

/**
 * Whether this record may be delivered here and now. Nothing is touched, and nothing of a record is used before it
 * is known to be signed by a key that may sign it. That the environment names it as its head proves less: whoever may
 * deliver moves the head.
 *
 * A delivery that was begun goes on whatever the time: going forward asks for permits at each step, and going back
 * asks for none.
 */
export function admit(asked: AdmissionAsked): Admission {
  const { file, environment, state } = asked;
  const digest = recordDigest(file);
  const isHead = environment.head?.digest === digest;
  const resumes = isHead && state?.record === digest;
  try {
    const record = resumes ? known(asked) : verified(asked, isHead);
    if (isHead) requireNumber(record, environment.head?.sequence);
    const plan = planIn(record);
    const place = placeObjections(plan, record, asked.identity);
    if (resumes && place.length === 0) return { to: 'resume', record, digest, plan };
    if (resumes) return { to: 'refuse', objections: place };
    const objections = [
      ...place,
      ...pauseObjections(record, environment, asked.at),
      ...workloadObjections(plan, record, asked.workload),
      ...refusedBy('database-not-shared', () => requireSharedDatabase(record.data)),
      ...refusedBy('pods-not-known', () => requireSharedPods(plan.shared)),
      ...quarantineObjections(plan, record, environment),
      ...(state && !state.over
        ? [
            objection(
              'another-delivery',
              'Another release is on its way here. It must end first: see `status` in docs/delivery-on-call.md.',
            ),
          ]
        : []),
    ];
    return objections.length > 0 ? { to: 'refuse', objections } : { to: 'begin', record, digest, plan };
  } catch (cause) {
    return { to: 'refuse', objections: [objectionOf(cause)] };
  }
}

/**
 * The container that a record's plan names, read before anything is verified: it only says where to look.
 * Undefined for what is no record; `admit` says why.
 */
export function containerNamedIn(file: Uint8Array): string | undefined {
  try {
    const record = readPinnedRecord(file, recordDigest(file));
    return record.delivery.frozen === null ? undefined : readPlan(record.delivery.frozen).workload.container;
  } catch (cause) {
    if (cause instanceof RecordRefused || cause instanceof Refused) return undefined; // told by `admit`
    throw cause;
  }
}

/** A record that is to be begun. Where the head was moved to it already, it need not be the next one any more, and all else holds. */
function verified({ file, environment, identity, at }: AdmissionAsked, isHead: boolean): ReleaseRecord {
  const expectation: Expectation = {
    environment: environment.environment,
    identity,
    policy: environment.policy,
    head: isHead ? undefined : environment.head,
  };
  return verifyRecord(file, parseKeySet(Buffer.from(environment.keys)), expectation, instantOf(at)).record;
}

/** A record that was begun: its time may be over and the policy another, but it is signed, and for this environment. */
function known({ file, environment }: AdmissionAsked): ReleaseRecord {
  const record = readSignedRecord(file, parseKeySet(Buffer.from(environment.keys)), 'refuse');
  requireEnvironment(record, environment.environment);
  return record;
}

/** @throws RecordRefused */
export function requireEnvironment({ environment: { name } }: ReleaseRecord, expected: string): void {
  if (name === expected) return;
  throw new RecordRefused('other-environment', `The record is for environment "${name}", not for "${expected}".`);
}

/** An older record put in as the head again would bear its old number. */
function requireNumber({ sequence }: ReleaseRecord, named: number | undefined): void {
  if (sequence === named) return;
  throw new RecordRefused(
    'not-next-in-chain',
    `The environment names this record as number ${named}; it is number ${sequence}: somebody has put it in the place of another. The platform team owns the environment object; let them say which record is the newest.`,
  );
}

function placeObjections(plan: Plan, record: ReleaseRecord, identity: EnvironmentIdentity): Objection[] {
  const why = whyElsewhere(plan, record, identity);
  return why === undefined ? [] : [objection('other-identity', why)];
}

/** A freeze that has begun since the record was signed: by its calendar, or by the word of the platform team. */
function pauseObjections({ freeze }: ReleaseRecord, environment: EnvironmentSaid, at: number): Objection[] {
  const told = environment.freeze
    ? [objection('frozen', `The platform team has stopped deliveries (${environment.freeze}).`)]
    : [];
  if (freeze.closesAt === null || at < millisOf(freeze.closesAt)) return told;
  return [
    ...told,
    objection(
      'frozen',
      `A freeze began at ${freeze.closesAt}, by the calendar of the record. Decide and sign again after it.`,
    ),
  ];
}

function workloadObjections(plan: Plan, record: ReleaseRecord, workload: WorkloadSaid | undefined): Objection[] {
  const name = `deployment/${plan.workload.deployment}`;
  if (!workload) return [objection('no-workload', `There is no ${name} in ${plan.workload.namespace}.`)];
  const { desiredReplicas, settled, podTemplate, ready } = workload;
  const running = [...new Set(ready.map(({ digest }) => digest ?? '(no digest)'))].sort();
  const objections: Objection[] = [];
  const refuse = (when: boolean, code: string, message: string) => {
    if (when) objections.push(objection(code, message));
  };
  refuse(
    desiredReplicas === 0,
    'no-replicas',
    `${name} is scaled to nothing: nobody would be served by a candidate in proportion to it.`,
  );
  refuse(!settled, 'rolling-out', `${name} is rolling out: its controller has not seen the newest specification.`);
  refuse(
    running.length === 1 && running[0] === plan.to,
    'already-there',
    `All ready pods of ${name} run ${plan.to} already: there is nothing to deliver.`,
  );
  refuse(
    desiredReplicas > 0 && (running.length !== 1 || (running[0] !== plan.from && running[0] !== plan.to)),
    'other-from',
    `The record replaces ${plan.from}; ready pods of ${name} run ${running.join(' and ') || 'nothing'}. Somebody else has changed it: decide and sign again.`,
  );
  const wanted = record.delivery.podTemplate;
  refuse(
    wanted === null,
    'no-template',
    'The record does not say which pod template was approved. Let observe-production see the container that is released.',
  );
  refuse(
    wanted !== null && podTemplate !== wanted,
    'other-template',
    `The pod template of ${name} is no longer the one that was approved (${wanted}): it is ${podTemplate ?? 'without the container'}. Decide and sign again.`,
  );
  return objections;
}

function refusedBy(code: string, demand: () => void): Objection[] {
  try {
    demand();
    return [];
  } catch (cause) {
    return [{ ...objectionOf(cause), code }];
  }
}

function quarantineObjections(plan: Plan, { readmitted }: ReleaseRecord, { quarantine }: EnvironmentSaid): Objection[] {
  const kept = quarantine.filter(({ digest }) => digest === plan.to).at(-1);
  // Whoever readmits answers for one failure: what was taken back again since has failed once more.
  const answered = readmitted.some(
    ({ digest, takenBack }) => digest === plan.to && takenBack === (kept?.sequence ?? null),
  );
  if (!kept || answered) return [];
  const [no, entry] =
    kept.sequence === undefined ? ['', ''] : [`, as record no. ${kept.sequence}`, `, takenBack: ${kept.sequence}`];
  return [
    objection(
      'quarantined',
      `${plan.to} was taken back before${no} (${kept.reason}). It runs again only when the policy readmits it with a reason, and a new record says so: environments.*.delivery.readmitted: [{ digest: "${plan.to}"${entry}, reason: "…" }].`,
    ),
  ];
}

function objectionOf(cause: unknown): Objection {
  if (cause instanceof RecordRefused) return objection(cause.reason, cause.message);
  if (cause instanceof KeySetError) return objection('keys', `${cause.message} The platform team owns it.`);
  if (cause instanceof Refused) return objection('plan', cause.message);
  throw cause;
}

function objection(code: string, message: string): Objection {
  return { code, message };
}
