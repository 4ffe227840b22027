import { type Ending, InputError, inWorkspace } from '@tillgate/action-kit';
import { type Decision, factsOf, releaseRecordOf } from '@tillgate/decision';
import { writeWhole } from '@tillgate/host';
import { type Facts, instantOf } from '@tillgate/release';
import { approvalsFor } from './approvals.ts';
import { type DecisionFrame, decideNow, tell, withObjections } from './assess.ts';
import { freezeNow } from './freeze.ts';
import { deliveryTold } from './plans.ts';
import { summary } from './summary.ts';

/**
 * Decides again, because time has passed while people thought about it; looks at the freeze again; reads
 * the approvals; then signs. The record is verified with the environment's own keys before it is written,
 * so a wrong or revoked key leaves none behind.
 */
export async function sign(frame: DecisionFrame): Promise<Ending> {
  const { inputs, clock, log } = frame;
  const key = inputs['signing-key'];
  if (key === undefined) {
    throw new InputError(
      'signing-key is missing. Environment secrets do not cross into a reusable workflow of another owner: let the job `sign` live in your repository (docs/how-to/sign-in-your-repository.md).',
    );
  }
  const [signing, { decision: before, plans, policyCommit, trusted }] = await Promise.all([
    import('@tillgate/signing'),
    decideNow(frame),
  ]);
  const { parseKeySet, recordDigest, signerFromPem, signRecord, singleUseId, verifyRecord } = signing;
  const signer = signerFromPem(key);
  const [freeze, approvals] = await Promise.all([freezeNow(before, trusted, frame), approvalsFor(before, frame)]);
  const decision = withObjections(before, [...freeze.objections, ...approvals.objections]);
  if (decision.outcome === 'no-go')
    return tell(decision, frame, summary(decision, { step: 'sign', approvals: approvals.count }));

  const issued = instantOf(clock.now());
  const record = releaseRecordOf(decision, {
    approvals: approvals.count,
    policy: { uri: policyUri(inputs.policy), commit: policyCommit },
    freeze: freeze.recorded,
    workflow: workflowOf(decision),
    run: approvals.run,
    clock: approvals.clock,
    plans,
    issued,
    nonce: singleUseId(),
  });
  const bytes = await signRecord(record, signer);
  // releaseRecordOf has refused a decision without it.
  const production = factsOf(decision, 'observe-production') as Facts['observe-production'];
  const { identity, head } = production;
  verifyRecord(
    bytes,
    parseKeySet(Buffer.from(production.keys)),
    {
      environment: decision.subject.environment,
      identity,
      policy: decision.policy.digest,
      head: head ? { sequence: head.sequence, digest: head.digest } : null,
    },
    issued,
  );
  const file = inWorkspace(inputs['record-file']);
  await writeWhole(file, bytes);
  const digest = recordDigest(bytes);
  log.info(`Signed record no. ${record.sequence} (${digest}), valid until ${record.expires}: ${file}`);
  return tell(
    decision,
    frame,
    summary(decision, {
      step: 'sign',
      approvals: approvals.count,
      record: {
        digest,
        expires: record.expires,
        sequence: record.sequence,
        recovery: record.recovery,
        delivery: await deliveryTold(record),
      },
    }),
    {
      'record-digest': digest,
      'record-file': file,
    },
  );
}

/** Where the policy lies, as a URI that stays readable when hosts change. */
function policyUri(path: string): string {
  return `git+${process.env.GITHUB_SERVER_URL ?? 'https://github.com'}/${process.env.GITHUB_REPOSITORY ?? ''}#${path}`;
}

/** The workflow that signs. A reusable workflow tells its own place; a plain one is the caller's. */
function workflowOf(decision: Decision) {
  const reference = process.env.GITHUB_WORKFLOW_REF ?? '';
  const path = /^[^/]+\/[^/]+\/(.+)@/.exec(reference)?.[1] ?? null;
  return {
    repository: process.env.GITHUB_REPOSITORY ?? '',
    path,
    sha: process.env.GITHUB_WORKFLOW_SHA || decision.subject.commit,
  };
}
