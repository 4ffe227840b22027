import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import {
  type Ending,
  type Frame,
  inWorkspace,
  policyInForce,
  subjectFrom,
  type TrustedSource,
} from '@tillgate/action-kit';
import { type Decision, decide, type FoundDocument, gather, type Objection, readNeeds } from '@tillgate/decision';
import { trustedBranch } from '@tillgate/github';
import { readBounded, writeWhole } from '@tillgate/host';
import { DOCUMENT_LIMIT, instantOf } from '@tillgate/release';
import type { inputs } from './inputs.ts';
import { type Plans, plansOf } from './plans.ts';
import { summary } from './summary.ts';

/** The decision as a file for programs. */
const DECISION_SCHEMA = 'https://tillgate.dev/decision/v1';

/** No release has more gates than this; a folder with more files holds something else. */
const MOST_DOCUMENTS = 200;

export type DecisionFrame = Frame<typeof inputs>;

/** A decision with the plans that go with it, and the commit at which the policy was read. */
export interface Decided {
  decision: Decision;
  plans: Plans | null;
  policyCommit: string;
  trusted: TrustedSource;
}

/** Decides, and tells it. Nothing is signed here, so nobody needs to approve first. */
export async function assess(frame: DecisionFrame): Promise<Ending> {
  const { decision } = await decideNow(frame);
  return tell(decision, frame, summary(decision, { step: 'assess' }));
}

/** Gathers receipts and documents and decides over them, at this moment. */
export async function decideNow(frame: DecisionFrame): Promise<Decided> {
  const { inputs, clock } = frame;
  const needs = readNeeds(inputs.receipts);
  const subject = subjectFrom(inputs);
  const { policy, commit, trusted } = await policyInForce(inputs, subject, frame, trustedBranch);
  const { gathered, objections } = gather(needs, await readDocuments(inWorkspace(inputs.documents)));
  const decision = decide(subject, policy, gathered, objections, instantOf(clock.now()));
  const { plans, objections: unplanned } = await plansOf(decision, inputs.image);
  return {
    decision: withObjections(decision, unplanned),
    plans,
    policyCommit: commit,
    trusted,
  };
}

/** A decision with further objections: one suffices for no-go. */
export function withObjections(decision: Decision, more: readonly Objection[]): Decision {
  const objections = [...decision.objections, ...more];
  return { ...decision, objections, outcome: objections.length === 0 ? 'go' : 'no-go' };
}

/** Writes the decision for programs and for people, and ends the step: only `go` is green. */
export async function tell(
  decision: Decision,
  { inputs, secrets }: DecisionFrame,
  markdown: string,
  outputs: Readonly<Record<string, string>> = {},
): Promise<Ending> {
  const { objections, subject, policy, outcome, answers, at } = decision;
  const folder = inWorkspace(inputs['decision-folder']);
  const gates = answers.map(({ gate, required, document, outcome: said }) => ({
    gate,
    outcome: said,
    required,
    document,
  }));
  const json = {
    schema: DECISION_SCHEMA,
    decision: outcome,
    subject,
    class: policy.class,
    policy: policy.digest,
    at,
    gates,
    objections,
  };
  await writeWhole(join(folder, 'decision.json'), `${JSON.stringify(secrets.redactAll(json), null, 1)}\n`);
  await writeWhole(join(folder, 'decision.md'), secrets.redact(markdown));
  return {
    outcome:
      outcome === 'go'
        ? 'pass'
        : objections.some(({ code }) => code === 'failed' || code === 'frozen')
          ? 'fail'
          : 'inconclusive',
    green: outcome === 'go',
    outputs: {
      decision: outcome,
      reasons: JSON.stringify(secrets.redactAll(objections)),
      release: subject.release,
      'release-class': policy.class,
      ...outputs,
    },
    summary: markdown,
    reasons: outcome === 'go' ? [] : ['no-go: nothing was signed.', ...objections.map(told)],
  };
}

function told({ code, gate, message, remedy }: Objection): string {
  return `${gate ? `${gate}: ` : ''}${message} ${remedy} [${code}]`;
}

/** Reads every .json file of the folder, and of the folders in it that a download of several artifacts makes. */
async function readDocuments(folder: string): Promise<FoundDocument[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(
    (cause: NodeJS.ErrnoException) => {
      if (cause.code === 'ENOENT') return []; // every receipt will then lack its document, and says so
      throw cause;
    },
  );
  const files = entries
    .filter((entry) => entry.isFile() && entry.name.endsWith('.json'))
    .map((entry) => join(entry.parentPath, entry.name));
  if (files.length > MOST_DOCUMENTS)
    throw new Error(`${folder} holds ${files.length} files; download only the documents of the gates there.`);
  return Promise.all(files.sort().map(async (file) => ({ file, bytes: await readBounded(file, DOCUMENT_LIMIT) })));
}
