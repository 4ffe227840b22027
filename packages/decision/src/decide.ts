import type { EffectivePolicy } from '@tillgate/policy';
import {
  type ChangeKind,
  changeKindsOf,
  conclude,
  type Facts,
  type GateName,
  type Instant,
  isGenuine,
  millisOf,
  type Outcome,
  type Sha256,
  type Subject,
  type Verdict,
} from '@tillgate/release';
import { baselineObjections } from './baseline.ts';
import type { Gathered } from './gather.ts';
import { type Objection, objection } from './objection.ts';

/** A verdict may be this far in the future before it is refused, in milliseconds: clocks differ. */
const CLOCK_TOLERANCE_MS = 60_000;

/** What one gate contributed. */
export interface GateAnswer {
  gate: GateName;
  required: boolean;
  /** As computed again from the findings, whatever the document says. */
  outcome: Outcome;
  verdict: Verdict;
  document: Sha256;
}

/** Go or no-go, with every reason. */
export interface Decision {
  outcome: 'go' | 'no-go';
  objections: Objection[];
  answers: GateAnswer[];
  subject: Subject;
  changeKinds: ChangeKind[];
  policy: EffectivePolicy;
  at: Instant;
}

/**
 * Decides over all verdicts. Pure: the same verdicts at the same time give the same decision.
 *
 * @param subject the release as the deciding job itself was told, not as a verdict says
 * @param found objections that were raised while verdicts were gathered
 */
export function decide(
  subject: Subject,
  policy: EffectivePolicy,
  gathered: readonly Gathered[],
  found: readonly Objection[],
  at: Instant,
): Decision {
  const answers = gathered.map(
    ({ verdict, document }): GateAnswer => ({
      gate: verdict.gate,
      required: policy.settings.gates.includes(verdict.gate),
      outcome: conclude(verdict.findings, verdict.coverage, at),
      verdict,
      document,
    }),
  );
  const changeKinds = changeKindsOf(subject);
  const objections = [
    ...found,
    ...unanswered(policy, answers, found),
    ...gathered.flatMap((one) => fitObjections(one, subject, policy, at)),
    ...answers.flatMap((answer) => outcomeObjections(answer, policy, at)),
    ...baselineObjections(answers.map(({ verdict }) => verdict)),
    ...travelObjections(changeKinds, policy),
  ];
  return { outcome: objections.length === 0 ? 'go' : 'no-go', objections, answers, subject, changeKinds, policy, at };
}

/** Gates that the class requires and that left nothing at all. */
function unanswered(policy: EffectivePolicy, answers: readonly GateAnswer[], found: readonly Objection[]): Objection[] {
  const heard = new Set<GateName | undefined>([...answers.map(({ gate }) => gate), ...found.map(({ gate }) => gate)]);
  return policy.settings.gates
    .filter((gate) => !heard.has(gate))
    .map((gate) =>
      objection(
        'missing-verdict',
        gate,
        `The class ${policy.class} requires ${gate}, and there is no receipt of it.`,
        `Run ${gate}, let this job need its job, and give that job the output ${gate}-receipt. A skipped job leaves no receipt.`,
      ),
    );
}

/** Whether a verdict speaks of this release, under this policy, in time and in earnest. */
function fitObjections(
  { verdict, receipt }: Gathered,
  subject: Subject,
  policy: EffectivePolicy,
  at: Instant,
): Objection[] {
  const { gate, basis } = verdict;
  const required = policy.settings.gates.includes(gate);
  const again = 'Run all gates of a release in one run, with the same inputs.';
  const objections: Objection[] = [];
  const refuse = (when: boolean, code: Objection['code'], message: string, remedy: string) => {
    if (when) objections.push(objection(code, gate, message, remedy));
  };
  refuse(
    receipt.gate !== gate || receipt.release !== verdict.subject.release || receipt.outcome !== verdict.outcome,
    'mismatch',
    `Receipt and document of ${gate} disagree about gate, release or outcome.`,
    again,
  );
  refuse(
    (verdict.facts as { purpose?: unknown } | null)?.purpose === 'recovery',
    'mismatch',
    `${gate} was asked about a recovery, which no freeze stops; this is a release.`,
    'Ask with `purpose: release`.',
  );
  refuse(
    !isGenuine(verdict.subject),
    'foreign',
    `The release in the verdict of ${gate} does not have the digest that it claims.`,
    again,
  );
  refuse(
    verdict.subject.release !== subject.release,
    'foreign',
    `${gate} judged another release (${difference(verdict.subject, subject)}).`,
    again,
  );
  refuse(
    basis.policy !== policy.digest,
    'foreign',
    `${gate} judged under another policy (${short(basis.policy)}, in force is ${short(policy.digest)}): the policy was changed meanwhile.`,
    'Run the release again under the policy in force.',
  );
  refuse(
    basis.class !== policy.class,
    'foreign',
    `${gate} judged for class ${basis.class}; this release is ${policy.class}.`,
    again,
  );
  refuse(
    basis.policy === policy.digest && basis.class === policy.class && basis.configuration !== policy.configuration,
    'foreign',
    `${gate} worked with another effective configuration than this job, from the same policy.`,
    'Use the same release of the actions in all jobs.',
  );
  refuse(
    basis.mode !== 'enforce' && required,
    'unenforced',
    `${gate} ran in mode ${basis.mode}, and the class ${policy.class} requires it.`,
    'Remove `mode: report` from this gate.',
  );
  // What could not be known does not grow old, and what only reports does not decide.
  const counts = verdict.outcome !== 'inconclusive' && (required || basis.mode === 'enforce');
  refuse(
    counts && millisOf(verdict.validUntil) <= millisOf(at),
    'expired',
    `The verdict of ${gate} was valid until ${verdict.validUntil}; it is ${at}.`,
    'Run the gate again: re-run all jobs, not only the failed ones.',
  );
  refuse(
    millisOf(verdict.observedAt) > millisOf(at) + CLOCK_TOLERANCE_MS,
    'mismatch',
    `The verdict of ${gate} was observed at ${verdict.observedAt}, which is in the future.`,
    'Set the clocks of the runners.',
  );
  return objections;
}

function outcomeObjections(
  { gate, outcome, required, verdict }: GateAnswer,
  policy: EffectivePolicy,
  at: Instant,
): Objection[] {
  if (!required && verdict.basis.mode === 'report') return [];
  if (outcome !== verdict.outcome) {
    return [
      objection(
        'mismatch',
        gate,
        `${gate} says ${verdict.outcome}, but its findings give ${outcome}: the document was edited, or an acceptance has expired since.`,
        'Run the gate again.',
      ),
    ];
  }
  const why = because(verdict, outcome, at);
  if (outcome === 'fail') return [objection('failed', gate, why.message, why.remedy)];
  if (outcome === 'inconclusive' && !policy.settings.tolerates.includes(gate)) {
    return [objection('inconclusive', gate, `It could not be known: ${why.message}`, why.remedy)];
  }
  if (outcome === 'warn' && policy.settings.warnings === 'block') {
    return [objection('warned', gate, `The class ${policy.class} takes no warnings: ${why.message}`, why.remedy)];
  }
  return [];
}

/** The finding that decided, in its own words; with several, how many more. */
function because(verdict: Verdict, outcome: Outcome, at: Instant): { message: string; remedy: string } {
  const severity = outcome === 'fail' ? 'fail' : outcome === 'warn' ? 'warn' : 'unknown';
  const decisive = verdict.findings.filter(
    (finding) =>
      finding.severity === severity && !(finding.accepted && millisOf(finding.accepted.expires) > millisOf(at)),
  );
  const first = decisive[0];
  const { missing, expected } = verdict.coverage;
  if (!first) {
    const message = expected === 0 ? 'nothing was judged.' : `not judged: ${missing.slice(0, 5).join(', ')}.`;
    return { message, remedy: 'See the document of the gate.' };
  }
  return {
    message: decisive.length > 1 ? `${first.message} (and ${decisive.length - 1} more)` : first.message,
    remedy: first.remedy,
  };
}

function travelObjections(kinds: readonly ChangeKind[], policy: EffectivePolicy): Objection[] {
  const strangers = kinds.filter((kind) => !policy.settings.changeKinds.includes(kind));
  if (strangers.length === 0) return [];
  return [
    objection(
      'change-kinds',
      undefined,
      `The release changes ${kinds.join(' and ')}; the class ${policy.class} lets only ${policy.settings.changeKinds.join(' and ')} travel.`,
      'Split the release, or allow the combination in classes.<class>.changeKinds by a change of the policy.',
    ),
  ];
}

function difference(theirs: Subject, ours: Subject): string {
  if (theirs.environment !== ours.environment) return `for ${theirs.environment}, not ${ours.environment}`;
  if (theirs.commit !== ours.commit) return `of commit ${theirs.commit.slice(0, 12)}, not ${ours.commit.slice(0, 12)}`;
  return `${short(theirs.release)}, not ${short(ours.release)}: other digests or tenants`;
}

function short(digest: Sha256): string {
  return `${digest.slice(0, 19)}…`;
}

/** What a gate told as fact; undefined where it was not heard, or could not observe. */
export function factsOf<G extends GateName>(decision: Decision, gate: G): Facts[G] | undefined {
  const answer = decision.answers.find((one) => one.gate === gate);
  return (answer?.verdict.facts as Facts[G] | null | undefined) ?? undefined;
}
