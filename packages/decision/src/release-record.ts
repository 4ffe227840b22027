import { type Facts, type Instant, instantOf, millisOf, parseDuration } from '@tillgate/release';
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
    data: null,
    delivery: { strategy: null, plan: null, podTemplate: null, watchMs: parseDuration(policy.settings.delivery.watch) },
    recovery: recoveryOf(production, policy.settings.recovery),
    freeze: around.freeze,
    readmitted: [],
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

/** How recovery would be executed, as far as it is known before any gate has looked at the data. */
function recoveryOf(
  production: Facts['observe-production'],
  wanted: { rto: string; rpo: string },
): ReleaseRecord['recovery'] {
  const back = production.running[0];
  const unknownData = 'No gate has looked at what the release does to the data.';
  return {
    open:
      back !== undefined && production.running.length === 1
        ? [
            {
              act: 'rollback',
              how: `Return the workload ${production.identity.namespace}/${production.identity.workload} to ${back}, provided that no module was updated.`,
              restorePoint: null,
            },
          ]
        : [],
    closed: [
      ...(back === undefined ? [{ act: 'rollback' as const, why: 'Nothing ran before this release.' }] : []),
      ...(production.running.length > 1
        ? [{ act: 'rollback' as const, why: 'More than one version ran when production was observed.' }]
        : []),
      { act: 'restore', why: `${unknownData} No restore point was verified.` },
    ],
    plan: null,
    rtoMs: parseDuration(wanted.rto),
    rpoMs: parseDuration(wanted.rpo),
  };
}
