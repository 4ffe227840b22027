import { digestOfValue, type Facts, type Instant, instantOf, millisOf, parseDuration } from '@tillgate/release';
import type { ReleaseRecord } from '@tillgate/signing';
import type { ApprovalCount } from './approvals.ts';
import { type Decision, factsOf } from './decide.ts';

/** What a record holds beside the decision: where, by whom, how, until when. */
export interface RecordCircumstances {
  approvals: ApprovalCount;
  policy: { uri: string; commit: string };
  freeze: ReleaseRecord['freeze'];
  workflow: ReleaseRecord['workflow'];
  run: ReleaseRecord['run'];
  clock: ReleaseRecord['clock'];
  /** The frozen plans, compiled from this decision's policy and facts; null: nothing here says how to deliver. */
  plans: { delivery: unknown; recovery: unknown } | null;
  issued: Instant;
  /** 32 to 64 hex digits that were never used before. */
  nonce: string;
}

/** Raised when a decision cannot become a record; the message says what is missing. */
export class RecordError extends Error {
  override readonly name = 'RecordError';
}

/**
 * Makes the record of a decision that is `go`. What no gate looked at is `null`, which is what the acts
 * that come later refuse on.
 *
 * @throws RecordError on no-go, or when production was not observed
 */
export function releaseRecordOf(decision: Decision, around: RecordCircumstances): ReleaseRecord {
  if (decision.outcome !== 'go') throw new RecordError('Only a release that may go has a record.');
  const { subject, policy, answers } = decision;
  const production = factsOf(decision, 'observe-production');
  if (!production)
    throw new RecordError(
      'There is no observation of production among the verdicts, so the record cannot say what is replaced. Run observe-production.',
    );
  const scan = factsOf(decision, 'image-scan-gate');
  const { head } = production;
  return {
    kind: 'release',
    sequence: (head?.sequence ?? 0) + 1,
    previous: head?.digest ?? null,
    environment: { name: subject.environment, identity: production.identity },
    release: subject,
    from: production.running.map((digest) => ({ kind: 'image' as const, name: null, digest })),
    commits: { from: head?.commit ?? null, to: subject.commit, binding: scan?.commitBinding ?? 'none' },
    policy: { ...around.policy, digest: policy.digest, configuration: policy.configuration },
    class: policy.class,
    changeKinds: decision.changeKinds,
    emergency: policy.emergency ? { reason: `${policy.emergency.id}: ${policy.emergency.reason}` } : null,
    decision: {
      outcome: 'go',
      gates: answers.map(({ gate, outcome, required, document, verdict }) => ({
        gate,
        outcome,
        required,
        document,
        observedAt: instantOf(millisOf(verdict.observedAt)),
        validUntil: instantOf(millisOf(verdict.validUntil)),
      })),
    },
    approvals: {
      required: around.approvals.required,
      given: around.approvals.counted.map(({ id, kind, where, at, commit }) => ({ id, kind, where, at, commit })),
    },
    exceptions: acceptancesOf(decision).map(({ gate, rule, key, accepted: { by, id, digest, expires } }) => ({
      by,
      id,
      digest,
      expires: instantOf(millisOf(expires)),
      gate,
      rule,
      key,
    })),
    data: dataOf(decision),
    delivery: {
      strategy: around.plans ? policy.settings.delivery.strategy : null,
      plan: around.plans ? digestOfValue(around.plans.delivery) : null,
      frozen: around.plans ? plainJson(around.plans.delivery) : null,
      podTemplate: production.workload?.podTemplate ?? null,
      watchMs: parseDuration(policy.settings.delivery.watch),
    },
    recovery: {
      ...waysBack(production, dataOf(decision)),
      plan: around.plans ? digestOfValue(around.plans.recovery) : null,
      rtoMs: parseDuration(policy.settings.recovery.rto),
      rpoMs: parseDuration(policy.settings.recovery.rpo),
    },
    freeze: around.freeze,
    readmitted: readmittedIn(decision),
    workflow: around.workflow,
    run: around.run,
    clock: around.clock,
    issued: around.issued,
    expires: instantOf(expiryOf(decision, around.issued)),
    nonce: around.nonce,
  };
}

/** A record lives as long as its class says, but no longer than what it rests on: a waiver that expires ends it. */
function expiryOf(decision: Decision, issued: Instant): number {
  const byClass = millisOf(issued) + parseDuration(decision.policy.settings.recordValidFor);
  const acceptances = acceptancesOf(decision).map(({ accepted }) => millisOf(accepted.expires));
  return acceptances.reduce((first, expires) => Math.min(first, expires), byClass);
}

/** Findings that did not count because somebody answers for them. One that has expired counted, so it is no exception. */
function acceptancesOf({ answers, at }: Decision) {
  return answers.flatMap(({ gate, verdict }) =>
    verdict.findings.flatMap(({ rule, key, accepted }) =>
      accepted && millisOf(accepted.expires) > millisOf(at) ? [{ gate, rule, key, accepted }] : [],
    ),
  );
}

/** What happens to the data, as far as a gate has looked in exactly the two images that are exchanged. */
function dataOf(decision: Decision): ReleaseRecord['data'] {
  const facts = factsOf(decision, 'migration-readiness');
  const running = factsOf(decision, 'observe-production')?.running ?? [];
  const released = decision.subject.artifacts.map(({ digest }) => digest);
  if (!facts || running.length !== 1 || running[0] !== facts.from || !released.includes(facts.to)) return null;
  return { units: facts.units, assets: facts.assets };
}

/** Of the digests that the policy readmits, those that this release brings. */
function readmittedIn({ policy, subject }: Decision): ReleaseRecord['readmitted'] {
  const released = subject.artifacts.map(({ digest }) => digest);
  return (policy.environment.delivery?.readmitted ?? [])
    .filter(({ digest }) => released.includes(digest))
    .map(({ digest, takenBack = null, reason }) => ({ digest, takenBack, reason }));
}

/** As it is read back from a file: without members that are undefined. */
function plainJson(value: unknown): ReleaseRecord['delivery']['frozen'] {
  return JSON.parse(JSON.stringify(value)) as ReleaseRecord['delivery']['frozen'];
}

/** How recovery would be executed: code goes back alone only where the data has stayed what it was. */
function waysBack(
  { running, identity }: Facts['observe-production'],
  data: ReleaseRecord['data'],
): Pick<ReleaseRecord['recovery'], 'open' | 'closed'> {
  const back = running[0];
  const modules = [...new Set(data?.units.flatMap(({ modulesToUpdate }) => modulesToUpdate) ?? [])].sort();
  const closed = [
    ...(back === undefined ? ['Nothing ran before this release.'] : []),
    ...(running.length > 1 ? ['More than one version ran when production was observed.'] : []),
    ...(modules.length > 0
      ? [`${modules.join(', ')} would be updated, and the old code need not fit the new data.`]
      : []),
  ];
  const unless = data === null ? ', provided that no module was updated: no gate has looked at the data' : '';
  return {
    open:
      closed.length === 0 && back !== undefined
        ? [
            {
              act: 'rollback',
              how: `Run the workflow "Roll back": it returns ${identity.namespace}/${identity.workload} to ${back}${unless}.`,
              restorePoint: null,
            },
          ]
        : [],
    closed: [
      ...closed.map((why) => ({ act: 'rollback' as const, why })),
      { act: 'restore', why: 'No restore point was verified for this release.' },
    ],
  };
}
