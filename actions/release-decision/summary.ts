import { OUTCOME_SIGNS, plain, table } from '@tillgate/action-kit';
import type { ApprovalCount, Decision } from '@tillgate/decision';
import type { ReleaseRecord } from '@tillgate/signing';

/** What is told beside the decision. */
export interface Told {
  step: 'assess' | 'sign';
  approvals?: ApprovalCount;
  record?: { digest: string; expires: string; sequence: number; recovery: ReleaseRecord['recovery']; delivery: string };
}

/** The decision for a release manager: what goes where, may it, why not, who must act, what is the way back. */
export function summary(decision: Decision, { step, approvals, record }: Told): string {
  const { outcome, subject, policy, objections } = decision;
  const title = outcome === 'go' ? (step === 'sign' ? '✅ Go: signed' : '✅ Go: may be approved') : '⛔ No-go';
  return [
    `## ${title}`,
    `**${subject.artifacts.map(({ name, digest }) => `${plain(name)}@${digest.slice(7, 19)}`).join(', ')}** (commit \`${subject.commit.slice(0, 12)}\`) to **${plain(subject.environment)}**.`,
    `Risk class **${policy.class}**: ${plain(policy.classBecause)}.`,
    objections.length > 0
      ? `### Why not\n\n${table(
          ['gate', 'what is wrong', 'what to do'],
          objections.map(({ gate, message, remedy }) => [gate ?? 'release', plain(message), plain(remedy)]),
        )}`
      : '',
    `### What the gates said\n\n${table(['gate', 'answer', 'needed', 'valid until'], rows(decision))}`,
    approvals ? approvalLines(approvals) : '',
    outcome === 'go' && step === 'assess' ? nextStep(decision) : '',
    record ? recordLines(record) : '',
  ]
    .filter((part) => part !== '')
    .join('\n\n')
    .concat('\n');
}

function rows({ answers, policy }: Decision): string[][] {
  const silent = policy.settings.gates.filter((gate) => !answers.some((answer) => answer.gate === gate));
  return [
    ...answers.map(({ gate, outcome, required, verdict }) => [
      gate,
      OUTCOME_SIGNS[outcome],
      required ? 'yes' : 'no',
      verdict.validUntil,
    ]),
    ...silent.map((gate) => [gate, '— no answer', 'yes', '']),
  ];
}

function nextStep({ policy }: Decision): string {
  const { count } = policy.settings.approvals;
  const valid = policy.settings.recordValidFor;
  return `### What comes next\n\n${count === 0 ? 'No approval is needed' : `${count} ${count === 1 ? 'approval by somebody' : 'approvals by people'} who neither wrote nor started this release`}; then the freeze is looked at again and a record is signed that may be used for ${plain(valid)}.`;
}

function approvalLines({ required, counted, refused }: ApprovalCount): string {
  const who = [
    ...counted.map(({ login, kind, where }) => [plain(login), `${kind} ${plain(where)}`, 'counts']),
    ...refused.map(({ approval, because }) => [
      plain(approval.login),
      `${approval.kind} ${plain(approval.where)}`,
      plain(because),
    ]),
  ];
  return `### Approvals: ${counted.length} of ${required}\n\n${table(['who', 'where', ''], who)}`;
}

function recordLines({ digest, expires, sequence, recovery, delivery }: NonNullable<Told['record']>): string {
  const ways = [
    ...recovery.open.map(({ act, how }) => [act, 'open', plain(how)]),
    ...recovery.closed.map(({ act, why }) => [act, 'closed', plain(why)]),
  ];
  return `### The record\n\nNo. ${sequence}, \`${digest}\`, may be used until ${expires}.\n\n### How it is delivered\n\n${plain(delivery, 1_000)}\n\n### If it goes wrong\n\n${table(['way back', '', 'how, or why not'], ways)}`;
}
