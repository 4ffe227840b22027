import type { EffectivePolicy } from '@tillgate/policy';
import type { Finding, Outcome, Verdict } from '@tillgate/release';
import type { Definition } from './frame.ts';
import type { InputKinds } from './input-kinds.ts';
import { plain, table } from './markdown.ts';

/** How outcomes are shown to people: a word, never a colour alone. */
export const OUTCOME_SIGNS: Readonly<Record<Outcome, string>> = {
  pass: '✅ pass',
  warn: '⚠️ warn',
  fail: '❌ fail',
  inconclusive: '❔ inconclusive',
};

/** Rows a summary shows; the document holds all. */
const ROWS = 50;
const ORDER = ['fail', 'unknown', 'warn', 'note'];

/** The summary of a gate: what it says, why, on what ground. */
export function summarize(
  definition: Pick<Definition<InputKinds>, 'title'>,
  verdict: Verdict,
  policy: EffectivePolicy,
  own?: string,
): string {
  const { outcome, findings, subject, basis, validUntil } = verdict;
  const sorted = [...findings].sort((a, b) => ORDER.indexOf(a.severity) - ORDER.indexOf(b.severity));
  const report = basis.mode === 'report' ? ' (report only: it does not count)' : '';
  return [
    `### ${definition.title}: ${OUTCOME_SIGNS[outcome]}${report}`,
    `${plain(subject.artifacts.map(({ name, digest }) => `${name}@${digest.slice(0, 19)}…`).join(', '))} at ${subject.commit.slice(0, 12)} to **${plain(subject.environment)}**, class **${basis.class}** (${plain(policy.classBecause)}); valid until ${validUntil}.`,
    table(['', 'rule', 'what', 'what to do'], sorted.slice(0, ROWS).map(row)),
    sorted.length > ROWS ? `${sorted.length - ROWS} more in the document.` : '',
    own ?? '',
  ]
    .filter((part) => part !== '')
    .join('\n\n')
    .concat('\n');
}

function row(finding: Finding): string[] {
  const accepted = finding.accepted
    ? ` (accepted by ${finding.accepted.by} ${plain(finding.accepted.id, 80)} until ${finding.accepted.expires})`
    : '';
  const place = finding.place ? `${plain(finding.place, 160)}: ` : '';
  return [
    finding.severity,
    `\`${finding.rule}\``,
    `${place}${plain(finding.message)}${accepted}`,
    plain(finding.remedy),
  ];
}
